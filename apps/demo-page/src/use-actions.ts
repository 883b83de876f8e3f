import { useRef, useState } from 'preact/hooks'
import { act } from './act.ts'
import type { ActionName } from './wire.ts'

/** What came of a button. */
interface Outcome {
  readonly id: number
  readonly at: number
  readonly text: string
  readonly failed: boolean
}

/** The buttons' work. */
export interface Actions {
  /** Does it, unless the button `key` is at work already. */
  readonly run: (key: string, action: ActionName, input?: Readonly<Record<string, unknown>>) => void
  readonly isBusy: (key: string) => boolean
  /** Latest first. */
  readonly outcomes: readonly Outcome[]
}

/** Outcomes that stay in sight. */
const KEPT = 4

/** Runs actions, one at a time a button, and keeps what came of them. */
export function useActions(): Actions {
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set())
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([])
  const last = useRef(0)

  const tell = (text: string, failed: boolean): void => {
    const outcome = { id: ++last.current, at: Date.now(), text, failed }
    setOutcomes((before) => [outcome, ...before].slice(0, KEPT))
  }
  const run: Actions['run'] = (key, action, input) => {
    if (busy.has(key)) return
    setBusy((before) => new Set([...before, key]))
    void act(action, input)
      .then(
        (text) => {
          tell(text, false)
        },
        (error: unknown) => {
          tell((error as Error).message, true)
        },
      )
      .finally(() => {
        setBusy((before) => new Set([...before].filter((other) => other !== key)))
      })
  }
  return { run, isBusy: (key) => busy.has(key), outcomes }
}
