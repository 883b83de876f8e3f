import type { ExceptionContext } from '../contracts/observe.ts'
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

/** A loop, as far as it hears of errors. */
interface Reporting {
  defaultExceptionHandler(context: ExceptionContext): void
}

/** Who hears of errors that nobody else takes: the handler that was set, or the loop's default one. */
export class ExceptionReports<L extends Reporting> {
  handler: ((loop: L, context: ExceptionContext) => unknown) | null = null

  constructor(private readonly loop: L) {}

  /** Hands an error to the handler; an error of the handler itself is printed, also when it comes later. */
  report(context: ExceptionContext): void {
    const { handler, loop } = this
    try {
      const result = handler === null ? loop.defaultExceptionHandler(context) : handler(loop, context)
      if ((result as unknown) instanceof Promise) {
        ;(result as unknown as Promise<unknown>).catch((exception: unknown) => {
          this.handlerFailed(context, exception)
        })
      }
    } catch (exception) {
      this.handlerFailed(context, exception)
    }
  }

  /** Prints a report to standard error. */
  print(context: ExceptionContext): void {
    console.error(formatReport(context))
  }

  private handlerFailed(context: ExceptionContext, exception: unknown): void {
    this.print({ message: 'Unhandled error in exception handler', exception, context })
  }
}
