// What every published package carries: a readme, a licence, the conditions of its entry points, and a released version
// or a changeset that will release it.

import { isPublished } from '../workspace.mjs'

/** @typedef {import('../workspace.mjs').Package} Package */

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function publishing({ files, packages }) {
  const changesets = [...files].filter(([path]) => /^\.changeset\/(?!README).+\.md$/.test(path)).map(([, text]) => text)
  const announced = (/** @type {string} */ name) => changesets.some((text) => frontMatter(text).includes(`"${name}"`))
  return packages.filter(isPublished).flatMap((pkg) => {
    const problems = manifest(pkg)
    problems.push(...readmeProblems(files.get(`${pkg.folder}/README.md`), pkg))
    if (pkg.json.version === '0.0.0' && !announced(pkg.json.name)) {
      problems.push('never released and no changeset names it (npm run changeset)')
    }
    return problems.map((problem) => `${pkg.folder}: ${problem}`)
  })
}

/**
 * A README says what the package is, how to install it, shows a program, and names its limits and what may change.
 * @param {string | undefined} text
 * @param {Package} pkg
 * @returns {string[]}
 */
function readmeProblems(text, { json }) {
  if (text === undefined) return ['README.md is missing']
  const parts = [`# ${json.name}\n`, `npm install`, '```ts\n', '## Limits\n', '## Stability\n']
  return parts.filter((part) => !text.includes(part)).map((part) => `README.md lacks "${part.trim()}"`)
}

/** The part of a changeset that names packages, with one kind of quotes. */
const frontMatter = (/** @type {string} */ text) => (text.split('---')[1] ?? '').replaceAll("'", '"')

/**
 * What is missing in a package.json. The LICENSE file itself is copied from the root when the package is packed.
 * @param {Package} pkg
 * @returns {string[]}
 */
function manifest({ json }) {
  /** @type {[boolean, string][]} */
  const rules = [
    [json.license === 'MIT', '"license" is not MIT'],
    [json.type === 'module', '"type" is not module'],
    [json.sideEffects === false, '"sideEffects" is not false'],
    [typeof json.description === 'string', '"description" is missing'],
    [typeof json.engines?.node === 'string', '"engines.node" is missing'],
    [['dist', 'README.md'].every((file) => json.files?.includes(file)), '"files" lacks dist or README.md'],
    [!['preinstall', 'install', 'postinstall'].some((name) => json.scripts?.[name]), 'it has an install script'],
  ]
  const problems = rules.flatMap(([holds, problem]) => (holds ? [] : [`package.json: ${problem}`]))
  for (const [entry, target] of Object.entries(json.exports ?? {})) {
    if (typeof target === 'object' && Object.keys(target)[0] !== '@loop/source') {
      problems.push(`package.json: the first condition of "${entry}" is not @loop/source`)
    }
  }
  return problems
}
