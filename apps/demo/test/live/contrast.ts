/**
 * Expressions that are evaluated in the page: its ground's luminance, and the texts that do not stand out from theirs,
 * by the formulas of WCAG 2. As text, because they run in the browser.
 */
const FORMULAS = `
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const linear = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const over = ([r, g, b, a = 1], ground) => [r, g, b].map((part, i) => part * a + ground[i] * (1 - a))
  const groundOf = (element) => {
    const own = rgb(getComputedStyle(element).backgroundColor)
    if ((own[3] ?? 1) === 1) return own
    return over(own, element.parentElement === null ? [255, 255, 255] : groundOf(element.parentElement))
  }
`

/** The luminance of the page's ground, 0 to 1. */
export const LUMINANCE_OF_BODY = `(() => { ${FORMULAS} return luminance(groundOf(document.body)) })()`

/** Texts whose contrast is below 4.5 to 1, with their ratio. */
export const FAINT_TEXTS = `(() => {
  ${FORMULAS}
  const faint = []
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('')
    if (text === '' || element.closest('noscript, script') !== null) continue
    const ground = groundOf(element)
    const [a, b] = [luminance(over(rgb(getComputedStyle(element).color), ground)), luminance(ground)]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) faint.push(text + ' ' + ratio.toFixed(2))
  }
  return faint
})()`
