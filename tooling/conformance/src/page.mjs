/** Indented lines: what the two printers write on. */
export class Page {
  /** @type {string[]} */
  #lines = []
  #depth = 0
  #indent

  /** @param {string} indent one level */
  constructor(indent) {
    this.#indent = indent
  }

  /** @param {string} text */
  line(text) {
    this.#lines.push(this.#indent.repeat(this.#depth) + text)
  }

  /**
   * A head, an indented body, and a foot if the language has one. @param {string} head @param {() => void} body @param
   * {string} [foot]
   */
  block(head, body, foot) {
    this.line(head)
    this.#depth++
    body()
    this.#depth--
    if (foot !== undefined) this.line(foot)
  }

  toString() {
    return this.#lines.join('\n') + '\n'
  }
}
