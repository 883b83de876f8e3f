import type { TSESLint } from '@typescript-eslint/utils'
import { noBlockingInTask } from './no-blocking-in-task.ts'
import { noFloatingTask } from './no-floating-task.ts'
import { noUnstoppableAwait } from './no-unstoppable-await.ts'

/** The rules by name, without the plugin's prefix. */
export const rules = {
  'no-blocking-in-task': noBlockingInTask,
  'no-floating-task': noFloatingTask,
  'no-unstoppable-await': noUnstoppableAwait,
} satisfies Record<string, TSESLint.RuleModule<string, readonly unknown[]>>

const plugin = { meta: { name: '@loop/eslint-plugin', namespace: 'loop' }, rules }

/** Configurations for `eslint.config.js`. */
export const configs = {
  /** Every rule, as an error. It needs typescript-eslint's parser with type information. */
  recommended: {
    name: 'loop/recommended',
    plugins: { loop: plugin },
    rules: {
      'loop/no-blocking-in-task': 'error',
      'loop/no-floating-task': 'error',
      'loop/no-unstoppable-await': 'error',
    },
  },
  /** What works without types: for JavaScript. */
  untyped: {
    name: 'loop/untyped',
    plugins: { loop: plugin },
    rules: { 'loop/no-blocking-in-task': 'error' },
  },
} satisfies Record<string, TSESLint.FlatConfig.Config>

/** The plugin: `import loop from '@loop/eslint-plugin'`, then `loop.configs.recommended`. */
export default { ...plugin, configs }
