// What the checks need to know of a source file, from TypeScript's own parser.

import ts from 'typescript'

/**
 * Parses a file.
 * @param {string} path
 * @param {string} text
 */
export const parse = (path, text) => ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)

/**
 * Line of a node, from 1.
 * @param {ts.Node} node
 */
const lineOf = (node) => ts.getLineAndCharacterOfPosition(node.getSourceFile(), node.getStart()).line + 1

/**
 * The lines of awaits outside of any function.
 * @param {ts.SourceFile} file
 * @returns {number[]}
 */
export function topLevelAwaits(file) {
  /** @type {number[]} */
  const lines = []
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isFunctionLike(node)) return
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) lines.push(lineOf(node))
    node.forEachChild(visit)
  }
  visit(file)
  return lines
}

/**
 * The names a module exports, values and types. `export *` adds none.
 * @param {ts.SourceFile} file
 * @returns {string[]}
 */
export function exportsOf(file) {
  return file.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return exportedBy(statement)
    if (!ts.canHaveModifiers(statement)) return []
    const modifiers = ts.getModifiers(statement)?.map((modifier) => modifier.kind) ?? []
    return modifiers.includes(ts.SyntaxKind.ExportKeyword) ? declaredBy(statement) : []
  })
}

/**
 * The names of `export { a, type B } from '...'`.
 * @param {ts.ExportDeclaration} statement
 */
function exportedBy({ exportClause }) {
  if (!exportClause) return []
  return ts.isNamespaceExport(exportClause)
    ? [exportClause.name.text]
    : exportClause.elements.map(({ name }) => name.text)
}

/**
 * The names of `export const a = ...`, `export class B`, `export interface C`.
 * @param {ts.Node} statement
 */
function declaredBy(statement) {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  const named =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement)
  return named && statement.name ? [statement.name.text] : []
}
