import { clock } from '../format.ts'
import type { Actions } from '../use-actions.ts'
import type { ActionName } from '../wire.ts'

/** The buttons: what each says, what it does, and what to watch for. */
const buttons: readonly { action: ActionName; label: string; hint: string }[] = [
  { action: 'block', label: 'Block the loop for 500 ms', hint: 'a slow callback, late timers' },
  { action: 'burst', label: 'Start 10,000 tasks', hint: 'the ready queue, for a moment' },
  { action: 'heavy', label: 'Count primes in a thread', hint: 'a busy worker; the loop goes on' },
  { action: 'hangup', label: 'Send SIGHUP', hint: 'the configuration is reloaded' },
]

/** What one can do to the loop, and what came of it. */
export function Controls({ actions }: { actions: Actions }) {
  return (
    <section class="controls" aria-label="Try it out">
      <div class="buttons">
        {buttons.map(({ action, label, hint }) => (
          <button
            key={action}
            type="button"
            data-action={action}
            aria-describedby={`hint-${action}`}
            aria-disabled={actions.isBusy(action)}
            onClick={() => {
              actions.run(action, action)
            }}
          >
            <span class="label">{label}</span>
            <span class="hint" id={`hint-${action}`}>
              {actions.isBusy(action) ? 'at work…' : hint}
            </span>
          </button>
        ))}
      </div>
      <div role="log" aria-label="What came of it">
        <ol class="outcomes">
          {actions.outcomes.map(({ id, at, text, failed }) => (
            <li key={id} class={failed ? 'failed' : ''} data-outcome={id}>
              <time>{clock(at)}</time> {failed ? 'Failed. ' : ''}
              {text}
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
}
