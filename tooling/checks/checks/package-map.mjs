// The README's table of packages, made from each package.json's description, so that it lists what is there.

import { isPublished } from '../workspace.mjs'

const place = /(<!-- packages:[^\n]*-->\n)[\s\S]*?(<!-- \/packages -->)/

/**
 * The README with its table of packages as it should be.
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string | undefined} undefined when the README has no place for the table
 */
export function readmeWithMap({ files, packages }) {
  const readme = files.get('README.md') ?? ''
  const rows = packages
    .filter(isPublished)
    .map(({ folder, json }) => `| [${json.name}](${folder}) | ${json.description} |\n`)
  const map = ['\n| package | what it is |\n', '| --- | --- |\n', ...rows, '\n'].join('')
  return place.test(readme) ? readme.replace(place, (_all, start, end) => `${start}${map}${end}`) : undefined
}

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function packageMap(workspace) {
  const wanted = readmeWithMap(workspace)
  if (wanted === undefined)
    return ['README.md: no place for the table of packages (<!-- packages: --> ... <!-- /packages -->)']
  return wanted === workspace.files.get('README.md')
    ? []
    : ['README.md: the table of packages is out of date (npm run check -- --update)']
}
