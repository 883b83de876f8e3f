import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { Task } from '../../task/task.ts'
import { taskGroup } from '../../combine/task-group.ts'
import { timeout } from '../../combine/timeout.ts'
import { waitFor } from '../../combine/wait-for.ts'
import type { EventLoop } from '../../loop/event-loop.ts'
import { inBothForms } from './subject.ts'
import { recorder } from '../recorder.ts'

/** Cancels a task that was just made after its first step, and waits for its end. */
async function cancelStarted(loop: EventLoop, task: Task, message?: string): Promise<void> {
  loop.callSoon(() => task.cancel(message))
  await loop.runUntilComplete(task).catch(() => {})
}

/** Tasks that are ended from outside. */
export const cancellation = inBothForms({
  async 'cancel reaches a task that sleeps, with its message'({ loop }, { coroutine }) {
    const task = loop.createTask(coroutine(() => sleep(3_600_000)))
    await cancelStarted(loop, task, 'enough')
    assert.equal(task.cancelled(), true)
    assert.throws(() => task.result(), { name: 'CancelledError', message: 'enough' })
  },

  async 'cancel reaches a task that gives way'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const task = loop.createTask(
      coroutine(
        () => sleep(0),
        () => sleep(0),
        () => push('went on'),
      ),
    )
    await cancelStarted(loop, task)
    assert.equal(task.cancelled(), true)
    assert.deepEqual(events, [])
  },

  async 'a task cancelled before its first step never starts'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const task = loop.createTask(coroutine(() => push('started')))
    assert.equal(task.cancel(), true)
    await assert.rejects(loop.runUntilComplete(task), { name: 'CancelledError' })
    assert.deepEqual(events, [])
    assert.equal(task.cancel(), false)
  },

  async 'cancel reaches through the task that is awaited'({ loop }, { coroutine }) {
    const inner = loop.createTask(coroutine(() => sleep(3_600_000)))
    const outer = loop.createTask(coroutine(() => inner))
    await cancelStarted(loop, outer)
    assert.deepEqual([inner.cancelled(), outer.cancelled()], [true, true])
  },

  async 'cancel reaches a promise of another library through wrap'({ loop }, { coroutine }) {
    let signal: AbortSignal | undefined
    const task = loop.createTask(
      coroutine(() =>
        loop.wrap((given) => {
          signal = given
          return new Promise(() => {})
        }),
      ),
    )
    await cancelStarted(loop, task)
    assert.deepEqual([task.cancelled(), signal?.aborted], [true, true])
  },

  async 'waitFor ends what takes too long'({ loop }, { coroutine }) {
    const slow = loop.createTask(coroutine(() => sleep(3_600_000)))
    await assert.rejects(loop.runUntilComplete(coroutine(() => waitFor(slow, 2))), { name: 'TimeoutError' })
    assert.equal(slow.cancelled(), true)
  },

  async 'timeout ends its body, and nothing else'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const limited = coroutine(() =>
      timeout(
        2,
        coroutine(() => sleep(3_600_000)),
      ),
    )
    await loop.runUntilComplete(
      coroutine(
        () => {
          const task = loop.createTask(limited)
          return task.catch((error: unknown) => {
            push((error as Error).name, String(task.cancelled()))
          })
        },
        () => {
          push('went on')
        },
      ),
    )
    assert.deepEqual(events, ['TimeoutError', 'false', 'went on'])
  },

  async 'the first failure in a task group cancels the others'({ loop }, { coroutine }) {
    const tasks: Task[] = []
    const grouped = coroutine(() =>
      taskGroup(async (group) => {
        tasks.push(
          group.createTask(coroutine(() => sleep(3_600_000))),
          group.createTask(
            coroutine(() => {
              throw new Error('one failed')
            }),
          ),
        )
        await sleep(3_600_000)
      }),
    )
    await assert.rejects(loop.runUntilComplete(grouped), (error: unknown) => {
      assert.ok(error instanceof AggregateError)
      assert.deepEqual(error.errors.map(String), ['Error: one failed'])
      return true
    })
    assert.deepEqual(
      tasks.map((task) => task.cancelled()),
      [true, false],
    )
  },
})
