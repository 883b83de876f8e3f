import { sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { choose, UnknownProgramError } from '../src/catalog.ts'
import { formsOf, perform } from '../src/perform.ts'
import { defineProgram, type Expected, mismatch } from '../src/program.ts'
import { painter, showList, showPerformance, toJson } from '../src/show.ts'

const make = (id: string, expected: Expected = ['a', 'b']) =>
  defineProgram({
    id,
    section: 'Order',
    title: `Program ${id}`,
    idea: 'Prints a, then b.',
    expected,
    async run({ print }) {
      print('a')
      await sleep(0)
      print('b')
    },
  })

test.each<[Expected, string[], string | null]>([
  [['a', 'b'], ['a', 'b'], null],
  [['a', /^\d+ ms$/], ['a', '12 ms'], null],
  [['a', 'b'], ['b', 'a'], 'line 1 should be "a", but is "b"'],
  [['a', 'b'], ['a'], 'line 2 should be "b", but is absent'],
  [['a'], ['a', 'b'], 'line 2 should be absent, but is "b"'],
  [['a', /^\d+ ms$/], ['a', 'soon'], 'line 2 should be like /^\\d+ ms$/, but is "soon"'],
  [[], [], null],
  [(lines) => (lines.length === 1 ? null : 'one line is enough'), ['a', 'b'], 'one line is enough'],
])('expecting %s, %s gives %s', (expected, lines, problem) => {
  expect(mismatch(expected, lines)).toBe(problem)
})

test('a program whose output differs is a problem, with its lines kept', async () => {
  const result = await perform(make('X1', ['b', 'a']), 'async')
  expect([result.lines, result.problem]).toEqual([['a', 'b'], 'line 1 should be "b", but is "a"'])
})

test('a program that throws is a problem that names the error', async () => {
  const failing = { ...make('X1'), run: () => Promise.reject(new RangeError('too far')) }
  expect((await perform(failing, 'async')).problem).toContain('RangeError: too far')
})

test('values are printed as people write them, and several lines count as several', async () => {
  const program = {
    ...make('X1'),
    async run({ print }: { print(line: unknown): void }) {
      print([1, 'x'])
      print('two\nlines')
    },
  }
  expect((await perform(program, 'async')).lines).toEqual([`[ 1, 'x' ]`, 'two', 'lines'])
})

test('a program runs alone, or in one form, or in both', () => {
  const { run: _, ...description } = make('X1')
  expect(formsOf({ ...description, runAlone: async () => {} })).toEqual(['alone'])
  expect(formsOf(make('X1'))).toEqual(['async'])
  expect(formsOf({ ...make('X1'), *runGenerator() {} })).toEqual(['async', 'generator'])
})

test('programs are chosen by id in any case; an unknown id gets a named error with those there are', () => {
  const programs = [make('X1'), make('X2')]
  expect(choose(programs, []).map(({ id }) => id)).toEqual(['X1', 'X2'])
  expect(choose(programs, ['x2']).map(({ id }) => id)).toEqual(['X2'])
  expect(() => choose(programs, ['X3'])).toThrow(UnknownProgramError)
  expect(() => choose(programs, ['X3'])).toThrow('there is no program "X3"; there are X1, X2')
})

test('a wrong id or section is refused where the program is defined', () => {
  expect(() => make('no spaces')).toThrow(TypeError)
  expect(() => defineProgram({ ...make('X1'), section: 'Elsewhere' as 'Order' })).toThrow(
    'X1: there is no section "Elsewhere"',
  )
})

test('a result shows a mark, its lines and its time; a problem shows what was expected', async () => {
  const plain = painter(false)
  const good = await perform(make('X1'), 'async')
  expect(showPerformance({ ...good, ms: 12.4 }, plain)).toBe('     ✓ async       12 ms  a\n                          b')
  const bad = await perform(make('X1', ['a']), 'async')
  expect(
    showPerformance({ ...bad, ms: 12.4 }, plain)
      .split('\n')
      .slice(2),
  ).toEqual(['     line 2 should be absent, but is "b"', '     expected: a'])
  expect(toJson({ ...good, ms: 12.4 })).toEqual({
    id: 'X1',
    section: 'Order',
    title: 'Program X1',
    form: 'async',
    lines: ['a', 'b'],
    ok: true,
    problem: null,
    ms: 12,
  })
})

test('the list has a heading for each section', () => {
  const timers = { ...make('S1'), section: 'Scheduler' as const }
  expect(showList([make('X1'), make('X2'), timers], painter(false))).toBe(
    'Order\nX1   Program X1\nX2   Program X2\n\nScheduler\nS1   Program S1',
  )
})
