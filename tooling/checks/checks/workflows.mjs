// The workflows cannot be run here, so what can be told from their text is checked: each step runs a script that a
// package.json has, and actions are pinned to a major version.

/** Commands of pnpm itself. */
const builtIn = ['install']

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function workflows({ files, packages }) {
  const root = JSON.parse(files.get('package.json') ?? '{}').scripts ?? {}
  const scriptsOf = (/** @type {string | undefined} */ name) =>
    name === undefined ? root : (packages.find(({ json }) => json.name === name)?.json.scripts ?? {})
  return [...files]
    .filter(([path]) => /^\.github\/workflows\/.+\.yml$/.test(path))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, i) => {
        const command = /(?:run|version|publish): p?npm (?:--filter (\S+) )?(?:run )?(\S+)/.exec(line)
        const [, filter, script = ''] = command ?? []
        const unknown = command !== null && !builtIn.includes(script) && !(script in scriptsOf(filter))
        const action = /uses: (\S+)/.exec(line)?.[1]
        return [
          ...(unknown ? [`${path}:${i + 1}: ${filter ?? 'package.json'} has no script called ${script}`] : []),
          ...(action !== undefined && !/^[\w-]+\/[\w-]+@v\d+$/.test(action)
            ? [`${path}:${i + 1}: ${action} is not pinned to a major version`]
            : []),
        ]
      }),
    )
}
