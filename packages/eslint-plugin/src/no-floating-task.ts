import { ESLintUtils, type TSESTree } from '@typescript-eslint/utils'
import type ts from 'typescript'
import { isGenerator, isLoopAwaitable, loopNames } from './loop-types.ts'
import { createRule } from './rule.ts'

/** A task, a wait or a coroutine whose result nobody takes. */
export const noFloatingTask = createRule({
  name: 'no-floating-task',
  meta: {
    type: 'problem',
    docs: { description: 'Tasks, waits and coroutines of the loop must be awaited, kept, or belong to a group' },
    messages: {
      task: 'Nobody waits for this task, so its error is noticed late and nothing ends it: await it, keep it, start it in a group, or write "void" before it.',
      wait: 'Nobody waits for this: the code goes on at once. Write "await", or "yield*" in a generator function.',
      coroutine:
        'A generator function was called, and nobody runs what it gave: none of its code runs. Write "yield*", or pass the function, uncalled, to createTask.',
    },
    schema: [],
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context)

    const typeOf = (node: TSESTree.Expression): ts.Type => services.getTypeAtLocation(node)

    /** What is wrong when the value of this expression is dropped. */
    const check = (node: TSESTree.Expression): void => {
      switch (node.type) {
        case 'LogicalExpression':
          check(node.right)
          return
        case 'ConditionalExpression':
          check(node.consequent)
          check(node.alternate)
          return
        case 'SequenceExpression':
          node.expressions.forEach(check)
          return
        case 'ChainExpression':
          check(node.expression)
          return
        case 'TSNonNullExpression':
        case 'TSAsExpression':
        case 'TSSatisfiesExpression':
          check(node.expression)
          return
        case 'CallExpression':
          checkCall(node)
      }
    }

    const checkCall = (node: TSESTree.CallExpression): void => {
      if (isHandled(node) || startsInGroup(node)) return
      const type = typeOf(node)
      if (isGenerator(type)) context.report({ node, messageId: 'coroutine' })
      else if (loopNames(type).has('Task')) context.report({ node, messageId: 'task' })
      else if (isLoopAwaitable(type)) context.report({ node, messageId: 'wait' })
    }

    /** A group waits for its tasks itself. */
    const startsInGroup = ({ callee }: TSESTree.CallExpression): boolean =>
      callee.type === 'MemberExpression' && loopNames(typeOf(callee.object)).has('TaskGroup')

    return {
      ExpressionStatement({ expression }) {
        check(expression)
      },
    }
  },
})

/** Whether it ends in `.catch(f)` or `.then(f, g)`: somebody hears of its error. */
function isHandled({ callee, arguments: given }: TSESTree.CallExpression): boolean {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false
  const { name } = callee.property
  return (name === 'catch' && given.length > 0) || (name === 'then' && given.length > 1)
}
