import { fileURLToPath } from 'node:url'
import parser from '@typescript-eslint/parser'
import { RuleTester, type Rule } from 'eslint'
import { describe, it } from 'vitest'

RuleTester.describe = describe
RuleTester.it = it
RuleTester.itOnly = it.only

const folder = fileURLToPath(new URL('fixture/', import.meta.url))

/** A tester with the types of the packages. */
export const typed = new RuleTester({
  languageOptions: {
    parser,
    parserOptions: { projectService: true, tsconfigRootDir: folder },
  },
})

/** A tester for JavaScript, with ESLint's own parser. */
export const untyped = new RuleTester()

/** The place of a case among the files that have types. */
export const filename = `${folder}code.ts`

/** The rule in the types of ESLint itself. */
export const ruleOf = (rule: unknown): Rule.RuleModule => rule as Rule.RuleModule

/** Cases: each code with what it should be told, by the names of messages. */
export const cases = (prelude: string, all: Readonly<Record<string, readonly string[]>>, options: unknown[] = []) => {
  const valid: RuleTester.ValidTestCase[] = []
  const invalid: RuleTester.InvalidTestCase[] = []
  for (const [code, messages] of Object.entries(all)) {
    const test = { name: code, code: `${prelude}\n${code}`, filename, options }
    if (messages.length === 0) valid.push(test)
    else invalid.push({ ...test, errors: messages.map((messageId) => ({ messageId })) })
  }
  return { valid, invalid }
}
