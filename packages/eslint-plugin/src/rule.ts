import { ESLintUtils } from '@typescript-eslint/utils'

/** Makes a rule; `docs.url` leads to its part of the README. */
export const createRule = ESLintUtils.RuleCreator((name) => `node_modules/@loop/eslint-plugin/README.md#${name}`)
