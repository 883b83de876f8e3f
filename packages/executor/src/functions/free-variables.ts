/**
 * The free variables of a function, and what else ties it to the place where it stands: `this`, `super`, `import.meta`,
 * relative imports, and code whose names cannot be known (`eval`, `with`).
 *
 * One pass over the syntax tree. A name is resolved when its scope is left, because `var`s and functions count for the
 * whole scope wherever they stand in it. Parameters have a scope of their own around that of the body: a default value
 * does not see the variables of the body.
 */
import type { AnyNode, Function as FunctionNode, Node, Pattern } from 'acorn'
import { Scope } from './scope.ts'

/** What an examined function needs from the place where it stands. */
export interface Ties {
  /** Free names, in order of appearance, the language's globals included. */
  readonly free: readonly string[]
  /** Other ties, as they are written in the source. */
  readonly others: readonly string[]
}

/** Where a piece of code stands, as far as `this`, `super` and `arguments` are concerned. */
interface Place {
  readonly scope: Scope
  /** Inside a function or class of its own that gives `this` a meaning. */
  readonly ownThis: boolean
  /** Inside a class of its own that gives `super` a meaning. */
  readonly ownSuper: boolean
  /** Inside a function that has `arguments`. */
  readonly ownArguments: boolean
}

/** The ties of the function `root`, which is an expression, a method or a property of an object literal. */
export function tiesOf(root: FunctionNode, strict: boolean): Ties {
  const scope = new Scope(null, true)
  const walker = new Walker(strict)
  // The shipped function itself gets no `this`: called by itself, it has none.
  walker.function(root, { scope, ownThis: false, ownSuper: false, ownArguments: false }, false, false)
  return { free: scope.free(), others: [...walker.others] }
}

class Walker {
  readonly others = new Set<string>()

  constructor(private readonly strict: boolean) {}

  /** A function of any kind; arrows keep the meanings of the place around them. */
  function(node: FunctionNode, place: Place, ownThis: boolean, ownSuper: boolean): void {
    const arrow = node.type === 'ArrowFunctionExpression'
    const named = new Scope(place.scope, false)
    if (node.type === 'FunctionExpression' && node.id != null) named.declare(node.id!.name)
    const params = new Scope(named, true)
    const inside: Place = {
      scope: params,
      ownThis: arrow ? place.ownThis : ownThis,
      ownSuper: arrow ? place.ownSuper : ownSuper,
      ownArguments: arrow ? place.ownArguments : true,
    }
    for (const param of node.params)
      this.pattern(param, inside, (name) => {
        params.declare(name)
      })
    const body = new Scope(params, true)
    const within = { ...inside, scope: body }
    if (node.body.type === 'BlockStatement') for (const statement of node.body.body) this.visit(statement, within)
    else this.visit(node.body, within)
    body.close()
    params.close()
    named.close()
  }

  private visit(node: AnyNode, place: Place): void {
    switch (node.type) {
      case 'Identifier':
        this.name(node.name, place)
        break
      case 'ThisExpression':
        if (!place.ownThis) this.others.add('this')
        break
      case 'Super':
        if (!place.ownSuper) this.others.add('super')
        break
      case 'MetaProperty':
        if (node.meta.name === 'import') this.others.add('import.meta')
        break
      case 'ImportExpression':
        this.importing(node.source, place)
        break
      case 'CallExpression':
        if (node.callee.type === 'Identifier' && node.callee.name === 'eval') this.others.add('eval(…)')
        this.children(node, place)
        break
      case 'WithStatement':
        this.others.add('with (…)')
        this.children(node, place)
        break
      case 'FunctionDeclaration':
        if (this.strict) place.scope.declare(node.id!.name)
        else place.scope.declareVar(node.id!.name)
        this.function(node, place, true, false)
        break
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.function(node, place, true, false)
        break
      case 'ClassDeclaration':
        place.scope.declare(node.id!.name)
        this.class(node, place)
        break
      case 'ClassExpression':
        this.class(node, place)
        break
      case 'VariableDeclaration':
        this.declarations(node, place)
        break
      case 'MemberExpression':
        this.visit(node.object, place)
        if (node.computed) this.visit(node.property, place)
        break
      case 'Property':
        this.property(node, place)
        break
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
        this.block(node, place)
        break
      case 'CatchClause':
        this.catching(node, place)
        break
      case 'LabeledStatement':
        this.visit(node.body, place)
        break
      case 'BreakStatement':
      case 'ContinueStatement':
        break
      default:
        this.children(node, place)
    }
  }

  private name(name: string, place: Place): void {
    if (name !== 'arguments' || !place.ownArguments) place.scope.use(name)
  }

  /** A module named relative to the file is not found from a worker. */
  private importing(source: AnyNode, place: Place): void {
    const text = source.type === 'Literal' && typeof source.value === 'string' ? source.value : null
    if (text !== null && /^\.{0,2}\//.test(text)) this.others.add(`import('${text}')`)
    this.visit(source, place)
  }

  private declarations(node: Extract<AnyNode, { type: 'VariableDeclaration' }>, place: Place): void {
    const { scope } = place
    const declare =
      node.kind === 'var'
        ? (name: string) => {
            scope.declareVar(name)
          }
        : (name: string) => {
            scope.declare(name)
          }
    for (const { id, init } of node.declarations) {
      this.pattern(id, place, declare)
      if (init != null) this.visit(init, place)
    }
  }

  /** The names a pattern binds; its default values and computed keys are code. */
  private pattern(node: Pattern, place: Place, declare: (name: string) => void): void {
    switch (node.type) {
      case 'Identifier':
        declare(node.name)
        break
      case 'ObjectPattern':
        for (const each of node.properties) {
          if (each.type === 'RestElement') this.pattern(each.argument, place, declare)
          else {
            if (each.computed) this.visit(each.key, place)
            this.pattern(each.value, place, declare)
          }
        }
        break
      case 'ArrayPattern':
        for (const each of node.elements) if (each !== null) this.pattern(each, place, declare)
        break
      case 'RestElement':
        this.pattern(node.argument, place, declare)
        break
      case 'AssignmentPattern':
        this.pattern(node.left, place, declare)
        this.visit(node.right, place)
        break
      case 'MemberExpression':
        this.visit(node, place)
    }
  }

  private property(node: Extract<AnyNode, { type: 'Property' }>, place: Place): void {
    if (node.computed) this.visit(node.key, place)
    // Methods of an object literal may use `super`: it is the literal's.
    if (node.method && node.value.type === 'FunctionExpression') this.function(node.value, place, true, true)
    else if (node.kind !== 'init' && node.value.type === 'FunctionExpression')
      this.function(node.value, place, true, true)
    else this.visit(node.value, place)
  }

  private class(node: Extract<AnyNode, { type: 'ClassDeclaration' | 'ClassExpression' }>, place: Place): void {
    const scope = new Scope(place.scope, false)
    const around = { ...place, scope }
    if (node.id != null) scope.declare(node.id!.name)
    if (node.superClass != null) this.visit(node.superClass, around)
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') {
        this.initializer(member.body, around)
        continue
      }
      if (member.computed) this.visit(member.key, around)
      if (member.type === 'MethodDefinition') this.function(member.value, around, true, true)
      else if (member.value != null) this.initializer([member.value], around)
    }
    scope.close()
  }

  /** A field's value or a static block: like a method's body. */
  private initializer(code: readonly AnyNode[], place: Place): void {
    const scope = new Scope(place.scope, true)
    for (const node of code) this.visit(node, { scope, ownThis: true, ownSuper: true, ownArguments: true })
    scope.close()
  }

  private block(node: AnyNode, place: Place): void {
    const scope = new Scope(place.scope, false)
    this.children(node, { ...place, scope })
    scope.close()
  }

  private catching(node: Extract<AnyNode, { type: 'CatchClause' }>, place: Place): void {
    const scope = new Scope(place.scope, false)
    const inside = { ...place, scope }
    if (node.param != null)
      this.pattern(node.param, inside, (name) => {
        scope.declare(name)
      })
    this.visit(node.body, inside)
    scope.close()
  }

  private children(node: AnyNode, place: Place): void {
    for (const value of Object.values(node) as unknown[]) {
      if (Array.isArray(value)) {
        for (const each of value as unknown[]) if (isNode(each)) this.visit(each, place)
      } else if (isNode(value)) this.visit(value, place)
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}
