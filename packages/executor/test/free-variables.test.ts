/** What a function takes from the place where it stands. */
import { expect, test } from 'vitest'
import { parseExpressionAt, type Function as FunctionNode } from 'acorn'
import { tiesOf } from '../src/functions/free-variables.ts'

function ties(source: string, strict = true): { free: readonly string[]; others: readonly string[] } {
  const sourceType = strict ? 'module' : 'script'
  return tiesOf(parseExpressionAt(`(${source})`, 0, { ecmaVersion: 'latest', sourceType }) as FunctionNode, strict)
}

test.each<[string, string[]]>([
  ['(a) => a + b', ['b']],
  ['function f(n) { return f(n - 1) }', []],
  ['() => { x(); var x }', []],
  ['() => { { let x } x }', ['x']],
  ['() => { { var x } x }', []],
  ['() => { f(); function f() {} }', []],
  ['(a = b, b = 1) => a', []],
  ['(a = x) => { var x; return a }', ['x']],
  ['({ a, b: { c }, ...rest }) => [a, c, rest, b]', ['b']],
  ['({ [key]: value }) => value', ['key']],
  ['([a = y, , ...b]) => a + b', ['y']],
  ['() => { try { f() } catch ({ message }) { message } }', ['f']],
  ['() => { for (const x of xs) x; x }', ['xs', 'x']],
  ['() => ({ a, b: c, d() { return e } })', ['a', 'c', 'e']],
  ['() => o.p[q]?.r', ['o', 'q']],
  ['() => { class A extends B { [k] = v; static { w } #p = 1; m() { return A } } }', ['B', 'k', 'v', 'w']],
  ['() => { label: for (;;) break label }', []],
  ['() => `${a}` + tag`x${b}`', ['a', 'tag', 'b']],
  ['async function* () { yield* await x }', ['x']],
  ['() => typeof unknown', ['unknown']],
  ['() => { x = 1 }', ['x']],
  ['() => arguments[0]', ['arguments']],
  ['function () { return () => arguments[0] }', []],
  ['() => { switch (a) { case b: let c; default: c } }', ['a', 'b']],
])('%s', (source, free) => {
  expect(ties(source).free).toEqual(free)
})

test('functions of sloppy blocks are seen in the whole function', () => {
  expect(ties('function () { { function g() {} } return g }', false).free).toEqual([])
  expect(ties('function () { { function g() {} } return g }', true).free).toEqual(['g'])
})

test.each<[string, string[]]>([
  ['() => this', ['this']],
  ['function () { return () => this.x }', ['this']],
  ['() => function () { return this }', []],
  ['() => ({ m() { return super.m() + this.x } })', []],
  ['() => class { x = this }', []],
  ['() => import.meta.url', ['import.meta']],
  ["() => import('./near.js')", ["import('./near.js')"]],
  ["() => import('node:fs')", []],
  ['() => eval("1")', ['eval(…)']],
])('%s is tied by %j', (source, others) => {
  expect(ties(source).others).toEqual(others)
})

test('with is refused, since its names cannot be known', () => {
  expect(ties('function (o) { with (o) { return x } }', false).others).toEqual(['with (…)'])
})
