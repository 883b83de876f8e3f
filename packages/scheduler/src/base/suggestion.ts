/** `, did you mean "x"?` for a word that is nearly one of those that are known; else nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  let best: string | null = null
  // Two slips of the finger; in a short word, one.
  let least = word.length > 3 ? 3 : 2
  for (const candidate of known) {
    const away = distance(word.toLowerCase(), candidate.toLowerCase())
    if (away >= least) continue
    least = away
    best = candidate
  }
  return best === null ? '' : `, did you mean "${best}"?`
}

/** Longer words are no slips of known ones. */
const LONGEST = 40

/** How many letters must be put in, left out or changed to get from one word to another (Levenshtein's distance). */
function distance(a: string, b: string): number {
  if (a.length > LONGEST || b.length > LONGEST) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return row[b.length]!
}
