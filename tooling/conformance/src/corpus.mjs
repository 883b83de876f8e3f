/** The recorded programs: one JSON object a line, so that a changed program is one changed line. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** @typedef {{ program: import('./program.mjs').Program, expected: string[] }} Case */

/** Where they are kept. */
export const corpusFolder = fileURLToPath(new URL('../corpus/', import.meta.url))

/** The recordings there are, by profile. */
export async function recordings() {
  const names = (await readdir(corpusFolder)).filter((name) => name.endsWith('.jsonl'))
  return names.map((name) => name.slice(0, -'.jsonl'.length)).sort()
}

/** The cases of one recording. @param {string} profile @returns {Promise<Case[]>} */
export async function recorded(profile) {
  const text = await readFile(`${corpusFolder}${profile}.jsonl`, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
