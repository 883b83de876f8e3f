import type { ExceptionContext } from './contracts.ts'
import { describeFully } from './describe.ts'

/** An exception context as text: the message, the error with its stack and causes, and where it was scheduled. */
export function formatReport(context: ExceptionContext): string {
  const { message, exception, sourceTraceback, handle: _handle, future: _future, ...details } = context
  const lines = [message]
  if (exception !== undefined) lines.push(describeFully(exception))
  for (const [name, value] of Object.entries(details)) lines.push(`${name}: ${describeFully(value, { depth: 1 })}`)
  if (sourceTraceback !== undefined) lines.push(`scheduled at:\n${sourceTraceback}`)
  return lines.join('\n')
}
