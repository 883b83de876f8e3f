// Compiles TypeScript that is not in any package against the sources of all of them.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../bootstrap/workspace.mjs'

/**
 * A new folder in which every package can be imported: below node_modules of this package, whose dependencies are all
 * packages.
 */
export function folderOfSources() {
  const place = join(root, 'tooling', 'packing', 'node_modules')
  mkdirSync(place, { recursive: true })
  return mkdtempSync(join(place, '.sources-'))
}

/** @type {ts.CompilerOptions} */
const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  allowImportingTsExtensions: true,
  customConditions: ['@loop/source'],
}

/**
 * The compiler's errors in these files.
 * @param {ReadonlyMap<string, string>} files path → what to call it
 * @returns {string[]} "name:line: what"
 */
export function errorsIn(files) {
  const program = ts.createProgram([...files.keys()], options)
  return [...files].flatMap(([path, name]) => {
    const file = program.getSourceFile(path)
    if (file === undefined) return [`${name} could not be read`]
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) => {
        const line = file.getLineAndCharacterOfPosition(start).line + 1
        return `${name}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
      },
    )
  })
}
