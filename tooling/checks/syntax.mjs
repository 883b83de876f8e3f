// What the checks need to know of a source file, from TypeScript's own parser.

import { posix } from 'node:path'
import ts from 'typescript'

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {boolean} typeOnly erased by the compiler: `import type`, `export type`, `typeof import()`
 * @property {number} line from 1
 */

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
 * Calls `visit` for every node, parents first.
 * @param {ts.Node} node
 * @param {(node: ts.Node) => void} visit
 */
export function walk(node, visit) {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

/**
 * All modules a file names: imports, re-exports, dynamic imports and import types.
 * @param {ts.SourceFile} file
 * @returns {Import[]}
 */
export function importsOf(file) {
  /** @type {Import[]} */
  const imports = []
  const add = (/** @type {ts.Node | undefined} */ literal, /** @type {boolean} */ typeOnly) => {
    if (literal && ts.isStringLiteralLike(literal))
      imports.push({ specifier: literal.text, typeOnly, line: lineOf(literal) })
  }
  walk(file, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
  })
  return imports
}

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
 * The names a module exports, types marked with "type "; `export *` gives "*", which hides names from the reader.
 * @param {ts.SourceFile} file
 * @returns {string[]}
 */
export function exportsOf(file) {
  return file.statements.flatMap((statement) => {
    if (ts.isExportAssignment(statement)) return ['default']
    if (ts.isExportDeclaration(statement)) return exportedBy(statement)
    if (!ts.canHaveModifiers(statement)) return []
    const modifiers = ts.getModifiers(statement)?.map((modifier) => modifier.kind) ?? []
    if (!modifiers.includes(ts.SyntaxKind.ExportKeyword)) return []
    if (modifiers.includes(ts.SyntaxKind.DefaultKeyword)) return ['default']
    return declaredBy(statement)
  })
}

/**
 * The names of `export { a, type B } from '...'`; "* of ..." for all of another module.
 * @param {ts.ExportDeclaration} statement
 */
function exportedBy(statement) {
  if (!statement.exportClause) return [`* of ${/** @type {ts.StringLiteral} */ (statement.moduleSpecifier).text}`]
  if (ts.isNamespaceExport(statement.exportClause)) return [statement.exportClause.name.text]
  return statement.exportClause.elements.map(
    ({ name, isTypeOnly }) => `${isTypeOnly || statement.isTypeOnly ? 'type ' : ''}${name.text}`,
  )
}

/**
 * The names of `export const a = ...`, `export class B`, `export interface C`.
 * @param {ts.Node} statement
 */
function declaredBy(statement) {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
    return [`type ${statement.name.text}`]
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) {
    return [statement.name?.text ?? 'default']
  }
  return []
}

/**
 * The file a relative specifier means, or undefined for a package.
 * @param {string} from the importing file
 * @param {string} specifier
 */
export function resolveRelative(from, specifier) {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
}

/**
 * The package of a specifier: "@loop/core/testing" → "@loop/core", "croner/x" → "croner".
 * @param {string} specifier
 */
export const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
