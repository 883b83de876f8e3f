// The TypeScript programs in Markdown files.

import { transform } from 'esbuild'

/**
 * The code blocks of a Markdown text that are marked as TypeScript.
 * @param {string} markdown
 * @returns {string[]}
 */
export const typeScriptBlocks = (markdown) => [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '')

/**
 * Whether a block is a whole program: it imports what it uses. All others are fragments of one.
 * @param {string} code
 */
export const isProgram = (code) => /^import .* from ['"]/m.test(code)

/**
 * A program as the oldest Node runs it: without types and without `using`.
 * @param {string} code
 */
export const toJavaScript = async (code) => (await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })).code
