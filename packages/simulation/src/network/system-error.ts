import { constants } from 'node:os'

/** Errors that simulated systems made, so that a run can tell them from those of the program. */
const made = new WeakSet<object>()

/** An error as Node's own has it: `code`, `errno`, `syscall`, and where known the address and port. */
export function systemError(
  code: string,
  syscall: string,
  more: { address?: string; port?: number; path?: string; dest?: string; hostname?: string } = {},
): Error {
  const where = more.path ?? more.hostname ?? (more.address === undefined ? '' : `${more.address}:${more.port}`)
  const error = Object.assign(new Error(`${syscall} ${code}${where === '' ? '' : ` ${where}`}`), {
    code,
    errno: -((constants.errno as Record<string, number>)[code] ?? 3008),
    syscall,
    ...more,
  })
  made.add(error)
  return error
}

/** What programs throw when a peer went away. */
const LOSSES = new Set(['ConnectionLostError', 'IncompleteReadError', 'ConnectionFailedError'])

/** Whether an error says that a simulated system failed, or a peer went away, and nothing of the program. */
export function isOfSystem(error: unknown): boolean {
  const seen = new Set<unknown>()
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each)
    if (made.has(each) || LOSSES.has(each.name)) return true
  }
  return false
}
