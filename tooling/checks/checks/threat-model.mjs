// Each claim of the threat model has a test behind it: a row without a link to one is a wish. That the file is there is
// looked at with all links.

const page = 'docs/threat-model.md'
const test = /\]\([^)\s]+\.test\.ts\)/
const ruler = /^\|(\s*:?-+:?\s*\|)+$/

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function claims({ files }) {
  const lines = (files.get(page) ?? '').split('\n')
  let claiming = false
  /** @type {string[]} */
  const problems = []
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|')) claiming = false
    else if (/^\| claim \|/.test(line)) claiming = true
    else if (claiming && !ruler.test(line) && !test.test(line)) {
      problems.push(`${page}:${index + 1}: no test stands behind this claim`)
    }
  }
  if (files.has(page) && !lines.some((line) => /^\| claim \|/.test(line))) problems.push(`${page}: no claims`)
  return problems
}
