// The tables of Markdown pages.

/**
 * @typedef {object} Row
 * @property {number} line from 1
 * @property {string[]} cells
 */

/**
 * The rows of all tables whose heading is this, without the heading.
 * @param {string} markdown
 * @param {RegExp} heading of the first column
 * @returns {Row[]}
 */
export function rowsOf(markdown, heading) {
  /** @type {Row[]} */
  const rows = []
  let wanted = false
  let inside = false
  markdown.split('\n').forEach((text, i) => {
    const cells = text.startsWith('|')
      ? text
          .slice(1, text.lastIndexOf('|'))
          .split('|')
          .map((cell) => cell.trim())
      : undefined
    if (cells === undefined) inside = false
    else if (!inside) {
      inside = true
      wanted = heading.test(cells[0] ?? '')
    } else if (wanted && !/^-+$/.test(cells[0] ?? '')) rows.push({ line: i + 1, cells })
  })
  return rows
}

/**
 * What stands in code marks in a cell.
 * @param {string | undefined} cell
 */
export const codeOf = (cell) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')

/** "call_soon" → "callSoon". */
export const camelCase = (/** @type {string} */ name) =>
  name.replace(/(?<=[a-z])_([a-z])/g, (_all, letter) => letter.toUpperCase())
