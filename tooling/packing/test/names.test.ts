import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from '../../bootstrap/workspace.mjs'
import { findPython } from '../../conformance/src/python.mjs'
import { errorsIn, folderOfSources } from '../compiler.mjs'
import { exportedNames } from '../documentation.mjs'
import { camelCase, codeOf, rowsOf } from '../tables.mjs'

const folder = folderOfSources()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Classes whose type has to be given an argument before it has members. */
const generic = new Set(['Queue'])

/** Of "Class.member" and "name" in these packages, those that do not exist, as the compiler says it. */
function missing(names: readonly { name: string; from: string }[]): string[] {
  const lines = names.map(({ name, from }, i) => {
    const [first, member] = name.split('.')
    // "import type" takes values, too.
    return `import type { ${first} as N${i} } from '${from}'${member === undefined ? '' : `; export type M${i} = N${i}${generic.has(first!) ? '<unknown>' : ''}['${member}']`}`
  })
  const path = join(folder, 'names.ts')
  writeFileSync(path, lines.join('\n'))
  return errorsIn(new Map([[path, 'name']])).map((problem) => {
    const line = Number(/:(\d+):/.exec(problem)?.[1])
    return `${names[line - 1]?.name}: ${problem.replace(/^name:\d+: /, '')}`
  })
}

describe('the names that the project was designed around', () => {
  const rows = rowsOf(readFileSync(join(root, 'docs/names.md'), 'utf8'), /^name$/)
  const names = rows.flatMap(({ cells: [list, from] }) => codeOf(list).map((name) => ({ name, from: `@loop/${from}` })))

  it('exist in the packages that docs/names.md says', () => {
    expect(names.length).toBeGreaterThan(150)
    expect(missing(names)).toEqual([])
  }, 60_000)

  it('would be missed', () => {
    expect(
      missing([
        { name: 'EventLoop.callNever', from: '@loop/core' },
        { name: 'nothing', from: '@loop/sync' },
        { name: 'gather', from: '@loop/core' },
      ]),
    ).toEqual([
      "EventLoop.callNever: Property 'callNever' does not exist on type 'EventLoop'.",
      expect.stringMatching(/^nothing: .*no exported member/) as unknown,
    ])
  }, 60_000)
})

describe('the tables for those who come from asyncio', () => {
  const page = readFileSync(join(root, 'docs/from-asyncio.md'), 'utf8')
  const functions = rowsOf(page, /^asyncio$/).filter(({ cells }) => cells.length === 4)
  const classes = rowsOf(page, /^class$/)
  const exported = new Map([
    ...exportedNames(),
    ...['openConnection', 'startServer', 'StreamReader', 'StreamWriter'].map(
      (name) => [name, '@loop/net/streams'] as const,
    ),
  ])
  const members = (row: (typeof classes)[number]) => {
    const {
      cells: [name, same, otherwise],
    } = row
    return { name: codeOf(name)[0]!, same: codeOf(same), all: [...codeOf(same), ...codeOf(otherwise)] }
  }

  it('say of each name what it is', () => {
    const kinds = functions.map(({ cells: [, kind] }) => kind)
    expect([...new Set(kinds)].sort()).toEqual(['absent', 'different', 'renamed', 'same'])
    expect(
      functions.filter(({ cells: [, kind, , why] }) => kind === 'absent' && why === '').map(({ line }) => line),
    ).toEqual([])
  })

  it('call "same" only what exists under the camel-case name', () => {
    const same = functions
      .filter(({ cells: [, kind] }) => kind === 'same')
      .flatMap(({ cells: [list] }) => codeOf(list))
      .map(camelCase)
    const found = same.map((name) =>
      exported.has(name) ? { name, from: exported.get(name)! } : { name: `EventLoop.${name}`, from: '@loop/core' },
    )
    const ofClasses = classes
      .map(members)
      .flatMap(({ name, same }) =>
        same.map((member) => ({ name: `${name}.${camelCase(member)}`, from: exported.get(name)! })),
      )
    expect(missing([...found, ...ofClasses])).toEqual([])
  }, 60_000)

  it('leave out no public name of the asyncio at hand', (test) => {
    const described = classes.map(members)
    const script = `
import asyncio, json, sys
public = lambda thing: [name for name in dir(thing) if not name.startswith('_')]
classes = {name: public(getattr(asyncio, name)) for name in ${JSON.stringify(described.map(({ name }) => name))}}
names = [name for name in asyncio.__all__ if not name.startswith('_')]
print(json.dumps({'names': names + ['TaskGroup'], 'loop': public(asyncio.AbstractEventLoop), 'classes': classes}))`
    let output: string
    try {
      output = execFileSync(findPython()?.command ?? 'python3', ['-W', 'ignore', '-c', script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    } catch {
      return test.skip('there is no Python with asyncio.TaskGroup (3.11)')
    }
    const asyncio = JSON.parse(output) as { names: string[]; loop: string[]; classes: Record<string, string[]> }
    const listed = new Set(functions.flatMap(({ cells: [list] }) => codeOf(list)))
    expect([...asyncio.names, ...asyncio.loop].filter((name) => !listed.has(name))).toEqual([])
    const lacking = described.flatMap(({ name, all }) =>
      (asyncio.classes[name] ?? []).filter((member) => !all.includes(member)).map((member) => `${name}.${member}`),
    )
    expect(lacking).toEqual([])
  })
})
