import type { EventLoop } from '../../loop/event-loop.ts'
import type { Form } from '../forms.ts'
import { forms } from '../forms.ts'
import type { TestPipe } from '../memory-pipe.ts'
import type { Cases } from '../suite.ts'

/** What a case of the loop suite works on. */
export interface LoopSubject {
  /** Open, and not running. */
  readonly loop: EventLoop
  /** Makes a pipe; closed after the case. */
  pipe(): TestPipe
}

/** Cases that hold for both kinds of coroutine function, as "case (async)" and "case (generator)". */
export function inBothForms(
  cases: Readonly<Record<string, (subject: LoopSubject, form: Form) => Promise<void>>>,
): Cases<LoopSubject> {
  const each: Record<string, (subject: LoopSubject) => Promise<void>> = {}
  for (const [name, body] of Object.entries(cases)) {
    for (const form of forms) each[`${name} (${form.name})`] = (subject) => body(subject, form)
  }
  return each
}
