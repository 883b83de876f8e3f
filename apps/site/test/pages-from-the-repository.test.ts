import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { asPage, recipe } from '../content.mjs'
import { programs } from '../src/browser/programs.ts'
import { withoutImports } from '../src/browser/without-imports.ts'

const known = new Map([
  ['docs/testing.md', '/guide/testing'],
  ['packages/core', '/packages/core'],
  ['packages/core/README.md', '/packages/core'],
])

describe('a page', () => {
  it('links to other pages of the site, and has plain text for what the site does not have', () => {
    const text =
      'See [testing](testing.md#orders), [core](../packages/core), [a file](../tsconfig.json), [there](https://example.org).'
    expect(asPage('docs/promises.md', text, known)).toBe(
      'See [testing](/guide/testing#orders), [core](/packages/core), a file, [there](https://example.org).',
    )
  })

  it('keeps code as it is, and shows no remarks that only checks read', () => {
    const text =
      '<!-- given: declare const x: string -->\n```ts\nconst list: Map<string, [number](x.md)> = new Map()\n```\n'
    expect(asPage('docs/promises.md', text, known)).toBe(
      '```ts\nconst list: Map<string, [number](x.md)> = new Map()\n```\n',
    )
  })

  it('has no elements that are meant as text, outside of code', () => {
    expect(asPage('docs/x.md', 'a Task<string> and `Task<string>`', known)).toBe('a Task&lt;string> and `Task<string>`')
  })
})

describe('the cookbook', () => {
  const folder = new URL('../../../examples/cookbook/', import.meta.url)
  it.each(readdirSync(folder).filter((name) => name.endsWith('.ts')))('%s is a page', (name) => {
    const { idea, code, prints } = recipe(readFileSync(new URL(name, folder), 'utf8'))
    expect([idea.endsWith('.'), code.includes('Prints:'), prints.includes('*/')]).toEqual([true, false, false])
  })

  it('refuses a program that does not say what it prints', () => {
    expect(() => recipe('// Something.\nconsole.log(1)\n')).toThrow('does not say what it is or prints')
  })
})

describe('a program of the playground', () => {
  it('has its imports as constants', () => {
    expect(
      withoutImports(
        'import { run, sleep as wait, type Task } from \'@loop/core\'\nimport * as sync from "@loop/sync";\nrun()',
      ),
    ).toBe('const { run, sleep: wait,  } = use("@loop/core")\nconst sync = use("@loop/sync")\nrun()')
  })

  it.each(programs)('"$title" is JavaScript', ({ code }) => {
    const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => unknown
    expect(() => new AsyncFunction('use', withoutImports(code))).not.toThrow()
  })
})
