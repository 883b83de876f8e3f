/** Tables in Markdown. */

const row = (cells) => `| ${cells.join(' | ')} |`

/** A row for each contender, a column for each point. */
export function table(names, results, show) {
  return [
    row(['', ...results.map(({ label }) => label)]),
    row(['---', ...results.map(() => '---:')]),
    ...names.map((name) => row([name, ...results.map(({ medians }) => show(medians.get(name)))])),
  ].join('\n')
}

/** A row for each measure, a column for each contender: the mean of `ratio(base, other)` over the points. */
export function ratios(base, names, measures, mean) {
  const others = names.filter((name) => name !== base)
  return [
    row(['', ...others]),
    row(['---', ...others.map(() => '---:')]),
    ...measures
      .filter(([, results]) => results.length > 0)
      .map(([label, results, ratio]) =>
        row([label, ...others.map((other) => mean(results.map(({ medians }) => ratio(medians.get(base), medians.get(other)))).toFixed(2))]),
      ),
  ].join('\n')
}
