/** The recorded programs: one JSON object a line, so that a changed program is one changed line. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** @typedef {{ program: import('./program.mjs').Program, finds?: string }} Recorded `finds` names the mutation that it finds */

export const corpusFile = fileURLToPath(new URL('../corpus/programs.jsonl', import.meta.url))

/** @returns {Promise<Recorded[]>} */
export async function recorded() {
  const text = await readFile(corpusFile, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
