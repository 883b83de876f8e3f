// The TypeScript of all pages, as files that a compiler and Node understand.
//
// A block that imports something is a whole program: it is compiled as it stands, and what it prints is compared with
// the block marked "text" below it, when there is one. Every other block is a fragment: what the packages export is
// imported for it, and what its reader is supposed to have is declared in a comment above it, which readers do not see:
//
//     <!-- given: declare const url: string -->    declarations, on one line or several; programs may have them too
//     <!-- file: till.ts -->                       other blocks of the page import this one under that name
//     <!-- in: apps/demo/src/programs -->          the folder in which it would stand, for its relative imports

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exportsOfPackage } from '../checks/entry-points.mjs'
import { root, workspaceFolders } from '../bootstrap/workspace.mjs'
import { isProgram } from './readme.mjs'

/**
 * @typedef {object} Block
 * @property {string} page relative to the root
 * @property {number} line from 1, of its first line in the page
 * @property {string} code
 * @property {string | undefined} file the name under which other blocks import it
 * @property {string} given declarations that it takes for granted
 * @property {string | undefined} folder where its relative imports start
 * @property {string[] | undefined} prints the lines of the "text" block below it
 */

/** The pages that people read: the guide, and every README. */
export function pages() {
  const guide = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
  const packages = workspaceFolders()
    .filter((folder) => folder.startsWith('packages/'))
    .map((folder) => `${folder}/README.md`)
  return ['README.md', 'CONTRIBUTING.md', ...guide, ...packages]
}

const block =
  /(?:<!-- (given|file|in):\s*([\s\S]*?)\s*-->\n\n?)?^```ts\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm

/**
 * The blocks of a page, in their order.
 * @param {string} page
 * @param {string} [text]
 * @returns {Block[]}
 */
export const blocksOf = (page, text = readFileSync(join(root, page), 'utf8')) =>
  [...text.matchAll(block)].map(({ 0: all, 1: kind, 2: value = '', 3: code = '', 4: output, index }) => ({
    page,
    code,
    line: text.slice(0, index + all.indexOf('```ts')).split('\n').length + 1,
    file: kind === 'file' ? value : undefined,
    given: kind === 'given' ? value : '',
    folder: kind === 'in' ? value : undefined,
    prints: output?.trimEnd().split('\n'),
  }))

/** Every name that a package's main entry exports → the package; names that two have are the first one's. */
export function exportedNames() {
  const names = new Map()
  const folders = workspaceFolders().filter((folder) => folder.startsWith('packages/'))
  for (const folder of folders) {
    // Other entries are imported by whoever needs them: a reader has to see from where.
    const main = exportsOfPackage(join(root, folder)).find(({ entry }) => entry === '.')
    for (const name of main?.names ?? []) if (!names.has(name)) names.set(name, `@loop/${folder.split('/')[1]}`)
  }
  return names
}

/**
 * A block as a file of its own, with as many lines before it as it has in its page, so that the compiler's lines are
 * the page's.
 * @param {Block} it
 * @param {ReadonlyMap<string, string>} names
 */
export function sourceOf({ code, given, line, folder }, names) {
  const declared = given.replaceAll('\n', ' ')
  if (isProgram(code))
    return (
      declared +
      '\n'.repeat(line - 1) +
      (folder === undefined ? code : code.replaceAll(/(?<=from ')(?=\.)/g, `${join(root, folder)}/`))
    )
  const defined = (/** @type {string} */ name) =>
    new RegExp(`\\b(?:const|let|class|function|type|interface) ${name}\\b`).test(declared + code)
  const used = [...new Set(`${declared}\n${code}`.match(/(?<!\.)\b[A-Za-z]\w*/g) ?? [])].filter(
    (name) => names.has(name) && !defined(name),
  )
  const imports = used.map((name) => `import { ${name} } from '${names.get(name)}'`)
  return [...imports, declared, 'export {}'].join('; ') + '\n'.repeat(line - 1) + code
}
