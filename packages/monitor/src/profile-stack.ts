/** A node of a CPU profile, as the inspector protocol gives it. */
export interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
    readonly columnNumber: number
  }
  readonly hitCount?: number
  readonly children?: readonly number[]
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[]
}

/** V8's names for what is no code of the program. */
const META = new Set(['(root)', '(program)', '(idle)', '(garbage collector)'])

interface Frame {
  readonly node: ProfileNode
  readonly children: readonly Frame[]
  /** Looks that found this call on the stack. */
  readonly total: number
}

/**
 * The stack on which most looks of a profile agree, innermost call first; undefined when it saw no call of the program.
 * The innermost line is the one it stood at, the others are where their functions begin: a profile knows no more.
 */
export function hottestStack(nodes: readonly ProfileNode[]): string | undefined {
  const root = nodes[0]
  if (root === undefined) return undefined
  const stack: Frame[] = []
  for (let frame = heaviest(treeOf(root, nodes)); frame !== null; frame = heaviest(frame)) stack.unshift(frame)
  return stack.length === 0 ? undefined : stack.map(({ node }, depth) => line(node, depth === 0)).join('\n')
}

function treeOf(root: ProfileNode, nodes: readonly ProfileNode[]): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const build = (node: ProfileNode): Frame => {
    const children = (node.children ?? []).map((id) => build(byId.get(id)!))
    return { node, children, total: children.reduce((sum, { total }) => sum + total, node.hitCount ?? 0) }
  }
  return build(root)
}

/** The call in which most of `frame`'s looks were; null when they were mostly in itself. */
function heaviest(frame: Frame): Frame | null {
  const calls = frame.children.filter(({ node, total }) => total > 0 && !META.has(node.callFrame.functionName))
  const first = calls.sort((a, b) => b.total - a.total)[0]
  return first === undefined || first.total < (frame.node.hitCount ?? 0) ? null : first
}

function line(node: ProfileNode, innermost: boolean): string {
  const { functionName, url, lineNumber, columnNumber } = node.callFrame
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return `    at ${name} (native)`
  // The profile counts a function's lines and columns from 0.
  const stood = innermost ? lineMostSeen(node) : undefined
  return `    at ${name} (${url}:${stood ?? `${lineNumber + 1}:${columnNumber + 1}`})`
}

function lineMostSeen({ positionTicks }: ProfileNode): number | undefined {
  return [...(positionTicks ?? [])].sort((a, b) => b.ticks - a.ticks)[0]?.line
}
