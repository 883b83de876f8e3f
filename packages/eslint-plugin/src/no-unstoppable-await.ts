import { ESLintUtils, type TSESTree } from '@typescript-eslint/utils'
import ts from 'typescript'
import { isNativePromise, isOfLoop } from './loop-types.ts'
import { createRule } from './rule.ts'

/** Scope → which of its arguments is the body that its deadline ends. */
const SCOPES: Readonly<Record<string, number>> = { timeout: 1, timeoutAt: 1, waitFor: 0 }

type Function = TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression

/** A promise of somebody else that is awaited under a deadline which cannot stop it. */
export const noUnstoppableAwait = createRule({
  name: 'no-unstoppable-await',
  meta: {
    type: 'suggestion',
    docs: { description: 'What is awaited under a deadline should get a signal, so that it ends with it' },
    messages: {
      signal:
        'At the deadline {{name}} goes on, and so does the code after it: it takes a signal, so pass it that of the scope, as in {{scope}}.',
      unstoppable:
        'At the deadline {{name}} goes on, and so does the code after it: it takes no signal. Look at signal.aborted afterwards, or do it outside of the scope.',
    },
    schema: [
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          ignore: {
            type: 'array',
            items: { type: 'string' },
            uniqueItems: true,
            description: 'names of functions whose promises may be left behind',
          },
        },
      },
    ],
  },
  defaultOptions: [{ ignore: [] as string[] }],
  create(context, [{ ignore }]) {
    const services = ESLintUtils.getParserServices(context)
    const checker = services.program.getTypeChecker()

    /** The scope whose body this is, by its name; undefined when it is none. */
    const scopeOf = (node: Function): string | undefined => {
      const { parent } = node
      if (parent.type !== 'CallExpression') return undefined
      const { callee } = parent
      const name = callee.type === 'Identifier' ? callee.name : undefined
      if (name === undefined || SCOPES[name] === undefined || parent.arguments[SCOPES[name]] !== node) return undefined
      return declarationsOf(callee).some(isOfLoop) ? name : undefined
    }

    /** Where a name comes from, also when it was imported. */
    const declarationsOf = (node: TSESTree.Node): readonly ts.Declaration[] => {
      const symbol = services.getSymbolAtLocation(node)
      if (symbol === undefined) return []
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return target.declarations ?? []
    }

    /** The innermost function around a node is the body of a scope: its name. */
    const enclosingScope = (node: TSESTree.Node): string | undefined => {
      for (let each: TSESTree.Node | null | undefined = node.parent; each; each = each.parent) {
        if (each.type === 'FunctionDeclaration') return undefined
        if (each.type === 'FunctionExpression' || each.type === 'ArrowFunctionExpression') return scopeOf(each)
      }
      return undefined
    }

    /** Reports every piece of foreign work in an expression that is waited for. */
    const check = (node: TSESTree.Expression, scope: string): void => {
      if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'Promise') {
        // A promise of the program's own: whoever writes its executor can listen to a signal there.
        const text = context.sourceCode.getText(node)
        if (!/signal/i.test(text)) context.report({ node, messageId: 'unstoppable', data: { name: 'new Promise' } })
        return
      }
      if (node.type !== 'CallExpression') return
      const { callee } = node
      if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') {
        const { name } = callee.property
        if (callee.object.type === 'Identifier' && callee.object.name === 'Promise') {
          const [items] = node.arguments
          if (items?.type === 'ArrayExpression')
            for (const item of items.elements) if (item !== null && item.type !== 'SpreadElement') check(item, scope)
          return
        }
        if (['then', 'catch', 'finally'].includes(name) && isNativePromise(services.getTypeAtLocation(callee.object))) {
          check(callee.object, scope)
          return
        }
        // The signal that the request got reaches the body of its answer, too.
        if (services.getTypeAtLocation(callee.object).getSymbol()?.name === 'Response') return
      }
      checkCall(node, scope)
    }

    const checkCall = (node: TSESTree.CallExpression, scope: string): void => {
      if (!isNativePromise(services.getTypeAtLocation(node))) return
      const name = context.sourceCode.getText(node.callee)
      if (ignore.includes(name) || node.arguments.some(hasSignal)) return
      const declaration = checker.getResolvedSignature(services.esTreeNodeToTSNodeMap.get(node))?.declaration
      // An async function of the program itself waits for the loop somewhere, and is looked at where it is written.
      if (declaration === undefined || !declaration.getSourceFile().isDeclarationFile || isOfLoop(declaration)) return
      const messageId = takesSignal(node) ? 'signal' : 'unstoppable'
      const inner = `${name}(…, { signal })`
      const form =
        scope === 'waitFor' ? `timeout(ms, ({ signal }) => ${inner})` : `${scope}(…, ({ signal }) => ${inner})`
      context.report({ node, messageId, data: { name, scope: form } })
    }

    /** Whether an argument brings a signal: one by type, or an object that has one. */
    const hasSignal = (argument: TSESTree.CallExpressionArgument): boolean => {
      if (argument.type === 'SpreadElement') return true
      const type = services.getTypeAtLocation(argument)
      return type.getSymbol()?.name === 'AbortSignal' || type.getProperty('signal') !== undefined
    }

    /** Whether what is called has a place for a signal, in any of its forms. */
    const takesSignal = (node: TSESTree.CallExpression): boolean =>
      services
        .getTypeAtLocation(node.callee)
        .getCallSignatures()
        .flatMap((signature) => signature.getParameters())
        .map((parameter) => checker.getTypeOfSymbol(parameter))
        .flatMap((type) => (type.isUnion() ? type.types : [type]))
        .some((type) => type.getSymbol()?.name === 'AbortSignal' || type.getProperty('signal') !== undefined)

    return {
      AwaitExpression({ argument }) {
        const scope = enclosingScope(argument)
        if (scope !== undefined) check(argument, scope)
      },
      ReturnStatement({ argument }) {
        if (argument === null || argument.type === 'AwaitExpression') return
        const scope = enclosingScope(argument)
        if (scope !== undefined) check(argument, scope)
      },
      ArrowFunctionExpression(node) {
        if (node.body.type === 'BlockStatement' || node.body.type === 'AwaitExpression') return
        const scope = scopeOf(node)
        if (scope !== undefined) check(node.body, scope)
      },
    }
  },
})
