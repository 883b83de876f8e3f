import { messageOf, nameOf } from '../base/describe.ts'
import { runningState } from './running.ts'

/**
 * The message of a request to cancel: the caller's, as text whatever it is, or who asks: the current task, or the
 * callback that runs. Undefined when nobody of the loop does.
 */
export function requestMessage(message: unknown): string | undefined {
  if (typeof message === 'string') return message
  if (message !== undefined && message !== null) return messageOf(message)
  const state = runningState()
  if (state === null) return undefined
  const task = state.currentTask()
  if (task !== null) return `cancelled by ${task.getName()}`
  const callback = state.calling?.target
  return callback === null || callback === undefined ? undefined : `cancelled by the callback ${nameOf(callback)}`
}
