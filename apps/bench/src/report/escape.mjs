/** Text inside of HTML. */

const entities = /** @type {Record<string, string>} */ ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })

/** @param {unknown} text */
export const escape = (text) => String(text).replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
