import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { programs } from './child.ts'

const run = programs()

/** A program of the README and the output that stands under it. */
interface Example {
  readonly heading: string
  readonly source: string
  readonly output: string[]
}

/** The ts blocks of the README that are followed by a text block. */
function examples(): Example[] {
  const found: Example[] = []
  let heading = ''
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const match of readme.matchAll(/^## (.+)$|^```ts\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm)) {
    const [, title, source, output] = match
    if (title !== undefined) heading = title
    else found.push({ heading, source: source!, output: output!.trim().split('\n') })
  }
  return found
}

function javascript(source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  return ts.transpileModule(source, { compilerOptions }).outputText
}

describe('each program of the README prints what stands under it', () => {
  test.each(examples().map((example, index) => ({ ...example, name: `${index + 1}: ${example.heading}` })))(
    '$name',
    async ({ source, output }) => {
      const { lines, stderr, code } = await run(javascript(source))
      expect({ lines, stderr, code }).toEqual({ lines: output, stderr: '', code: 0 })
    },
  )
})

test('no program stands there without its output', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme.match(/^```ts$/gm)).toHaveLength(examples().length)
})
