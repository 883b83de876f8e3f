// Published packages have no top-level await: it would delay everything that imports them, and `require` of such a
// module fails.

import { parse, topLevelAwaits } from '../syntax.mjs'
import { isPublished, sourcesOf } from '../workspace.mjs'

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export const immediateImport = ({ files, packages }) =>
  packages
    .filter(isPublished)
    .flatMap((pkg) =>
      sourcesOf(pkg).flatMap((path) =>
        topLevelAwaits(parse(path, files.get(path) ?? '')).map(
          (line) => `${path}:${line}: await outside of a function`,
        ),
      ),
    )
