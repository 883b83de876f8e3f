import { builtinModules } from 'node:module'
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** Built-ins without the prefix node: could be taken for packages of that name. */
const unprefixed = builtinModules.filter((name) => !name.includes(':'))

/** What only the host's folder of core names. */
const hostTimers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate']

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.tools/**',
      '**/.turbo/**',
      '**/coverage/**',
      'docs/api/**',
      'apps/site/build/**',
      'apps/site/.vitepress/cache/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    // Everything that this Node offers globally.
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly'])),
    },
    rules: {
      // The hot paths index arrays whose bounds the surrounding code has just checked.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-restricted-globals': 'off',
      'require-yield': 'off',
    },
  },
  {
    rules: { 'no-restricted-imports': ['error', { paths: unprefixed }] },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/runtime/src/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported: readers and bundlers look for it.' },
      ],
    },
  },
  {
    // Host timers go through one object, so that a test or another host can replace them.
    files: ['packages/core/src/**/*.ts'],
    ignores: ['packages/core/src/host/*.ts'],
    rules: {
      'no-restricted-globals': ['error', { globals: hostTimers, checkGlobalObject: true }],
      'no-restricted-properties': ['error', { object: 'process', property: 'nextTick' }],
      'no-restricted-imports': ['error', { paths: [...unprefixed, 'node:timers', 'node:timers/promises'] }],
    },
  },
)
