// What publint and "are the types wrong" say of a tarball.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { node } from '../bootstrap/stage.mjs'
import { tool } from './tools.mjs'

/**
 * Everything publint has to say, suggestions too.
 * @param {import('./packages.mjs').Tarball} tarball
 * @returns {Promise<string[]>}
 */
export async function publintProblems({ file, manifest }) {
  const bytes = readFileSync(file)
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const { messages } = await publint({ pack: { tarball }, level: 'suggestion' })
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`)
}

/**
 * Rejects when the types do not fit the code for those who import ES modules.
 * @param {import('./packages.mjs').Tarball} tarball
 */
export async function typesFit({ file }) {
  const attw = await tool('@arethetypeswrong/cli', '0.18.5')
  await node([join(attw, 'dist', 'index.js'), file, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'])
}
