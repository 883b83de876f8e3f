// The work of every contender, as plain functions of one argument.
export const trivial = (x) => x + 1
export const object = (o) => ({ a: o.a + 1, b: o.b, c: o.c })
export const bytes = (view) => view.length
export const block = (view) => view.length
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms, ms))
export const echo = (view) => view
export const spin = (ms) => {
  const end = performance.now() + ms
  while (performance.now() < end);
  return ms
}
export const compute = (n) => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += i % 7
  return sum
}
