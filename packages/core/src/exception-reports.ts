import type { ExceptionContext } from './contracts.ts'
import { formatReport } from './report.ts'

/** Who hears of errors that nobody else takes: the handler that was set, or standard error. */
export class ExceptionReports<L> {
  handler: ((loop: L, context: ExceptionContext) => void) | null = null

  constructor(private readonly loop: L) {}

  /** Hands an error to the handler; an error of the handler itself is printed. */
  report(context: ExceptionContext): void {
    if (this.handler === null) {
      this.print(context)
      return
    }
    try {
      this.handler(this.loop, context)
    } catch (exception) {
      this.print({ message: 'Unhandled error in exception handler', exception, context })
    }
  }

  /** Prints a report to standard error. */
  print(context: ExceptionContext): void {
    console.error(formatReport(context))
  }
}
