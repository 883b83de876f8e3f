// What workflows run and pages tell readers to type exists, and works with Node and npm alone: `npm run SCRIPT`, where the
// scripts get the pinned pnpm themselves. Workflows cannot be run here; actions in them are pinned by the hash of a commit.

import { posix } from 'node:path'

/** @typedef {import('../workspace.mjs').Workspace} Workspace */

/** `npm run pnpm -- --filter NAME SCRIPT`, `npm run SCRIPT`, `pnpm SCRIPT`; the name of a script ends with a letter. */
const command =
  /\bnpm run pnpm -- --filter (?<filter>@loop\/\S+) (?<filtered>[a-z][\w:-]*)|\bnpm run (?<script>[a-z][\w:-]*\w)|(?<![\w@./-])pnpm (?:run )?(?<bare>[\w:-]*\w)/g

/** Commands of pnpm itself that stand where a script would. */
const pnpmItself = ['exec', 'run']

/**
 * @param {Workspace} workspace
 * @returns {string[]}
 */
export function commands({ files, packages }) {
  const root = JSON.parse(files.get('package.json') ?? '{}').scripts ?? {}
  const scriptsOf = (/** @type {string} */ name) => packages.find(({ json }) => json.name === name)?.json.scripts ?? {}
  /** @param {string} path @param {Record<string, string | undefined>} groups */
  const problem = (path, { filter, filtered = '', script, bare }) => {
    if (filter !== undefined)
      return filtered in scriptsOf(filter) || pnpmItself.includes(filtered)
        ? undefined
        : `${filter} has no script called ${filtered}`
    if (script !== undefined) {
      const own = packages.find(({ folder }) => path.startsWith(`${folder}/`))?.json.scripts ?? {}
      return script in root || script in own ? undefined : `package.json has no script called ${script}`
    }
    return bare !== undefined && bare in root ? `write npm run ${bare}, which needs no pnpm` : undefined
  }
  return [...files]
    .filter(([path]) => isPage(path) || isWorkflow(path))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, i) => {
        const found = isPage(path) || !/^\s*#/.test(line) ? [...line.matchAll(command)] : []
        return found.flatMap(({ groups = {} }) => {
          const what = problem(path, groups)
          return what === undefined ? [] : [`${path}:${i + 1}: ${what}`]
        })
      }),
    )
}

/** Changelogs and changesets tell what was. @param {string} path */
const isPage = (path) =>
  path.endsWith('.md') && !path.startsWith('.changeset/') && !['CHANGELOG.md'].includes(posix.basename(path))

const isWorkflow = (/** @type {string} */ path) => /^\.github\/workflows\/.+\.yml$/.test(path)

/**
 * @param {Workspace} workspace
 * @returns {string[]}
 */
export const actions = ({ files }) =>
  [...files]
    .filter(([path]) => isWorkflow(path))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, i) => {
        const action = /uses: (.+)/.exec(line)?.[1]
        return action === undefined || /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)
          ? []
          : [`${path}:${i + 1}: ${action} is not pinned by a hash, with its version behind it`]
      }),
    )
