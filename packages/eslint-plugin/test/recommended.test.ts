import { ESLint, type Linter } from 'eslint'
import parser from '@typescript-eslint/parser'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import loop, { configs, rules } from '../src/index.ts'

const folder = fileURLToPath(new URL('fixture/', import.meta.url))

test(
  'the recommended configuration has every rule, and works as it stands in eslint.config.js',
  { timeout: 60_000 },
  async () => {
    expect(Object.keys(configs.recommended.rules)).toEqual(Object.keys(rules).map((name) => `loop/${name}`))
    const eslint = new ESLint({
      cwd: folder,
      overrideConfigFile: true,
      overrideConfig: [
        {
          files: ['**/*.ts'],
          languageOptions: { parser, parserOptions: { projectService: true, tsconfigRootDir: folder } },
        },
        { ...loop.configs.recommended, files: ['**/*.ts'] },
      ] as Linter.Config[],
    })
    const code = `import { sleep, timeout } from '@loop/core'
import { readFileSync } from 'node:fs'
export async function main(): Promise<void> {
  sleep(1)
  readFileSync('x')
  await timeout(1, () => fetch('x'))
}
`
    const [result] = await eslint.lintText(code, { filePath: `${folder}code.ts` })
    expect(result!.messages.map(({ ruleId, line }) => `${line} ${ruleId}`)).toEqual([
      '4 loop/no-floating-task',
      '5 loop/no-blocking-in-task',
      '6 loop/no-unstoppable-await',
    ])
  },
)
