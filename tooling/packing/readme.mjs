// The TypeScript programs in Markdown files.

import { transform } from 'esbuild'

/**
 * Whether a block is a whole program: it imports what it uses. All others are fragments of one.
 * @param {string} code
 */
export const isProgram = (code) => /^import .* from ['"]/m.test(code)

/**
 * A program as the oldest Node runs it: without types and without `using`.
 * @param {string} code
 */
export const toJavaScript = async (code) =>
  (await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })).code
