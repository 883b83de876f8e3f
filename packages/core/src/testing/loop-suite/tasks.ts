import assert from 'node:assert/strict'
import { nodeHost } from '../../host/host.ts'
import { sleep } from '../../task/sleep.ts'
import { currentTask } from '../../task/tasks.ts'
import { gather } from '../../combine/gather.ts'
import { taskGroup } from '../../combine/task-group.ts'
import { inBothForms } from './subject.ts'
import { recorder } from '../recorder.ts'

/** Tasks that run to their end. */
export const tasks = inBothForms({
  async 'tasks take turns'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    const walker = (name: string) =>
      coroutine(
        () => {
          push(`${name}1`)
        },
        () => sleep(0),
        () => {
          push(`${name}2`)
        },
        () => sleep(0),
        () => {
          push(`${name}3`)
        },
      )
    await loop.runUntilComplete(coroutine(() => gather([walker('a'), walker('b')])))
    assert.deepEqual(events, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
  },

  async 'sleepers wake in the order of their deadlines'({ loop }, { coroutine }) {
    const { events, push } = recorder<number>()
    const sleeper = (ms: number) =>
      coroutine(
        () => sleep(ms),
        () => {
          push(ms)
        },
      )
    await loop.runUntilComplete(coroutine(() => gather([sleeper(60), sleeper(20), sleeper(40)])))
    assert.deepEqual(events, [20, 40, 60])
  },

  async 'an error ends the task and reaches who awaits it'({ loop }, { coroutine }) {
    const failing = coroutine(
      () => sleep(0),
      () => {
        throw new RangeError('too far')
      },
    )
    await assert.rejects(loop.runUntilComplete(failing), { name: 'RangeError', message: 'too far' })
    await assert.rejects(loop.runUntilComplete(coroutine(() => loop.createTask(failing))), {
      name: 'RangeError',
      message: 'too far',
    })
  },

  async 'the current task is known in each step'({ loop }, { coroutine }) {
    const { events, push } = recorder<string | undefined>()
    const observe = (): void => {
      push(currentTask()?.getName())
    }
    const task = loop.createTask(
      coroutine(
        observe,
        () => sleep(0),
        observe,
        () => sleep(1),
        observe,
      ),
      { name: 'mine' },
    )
    loop.callSoon(observe)
    await loop.runUntilComplete(task)
    assert.deepEqual(events, ['mine', undefined, 'mine', 'mine'])
  },

  async 'a promise of another library can be awaited through wrap'({ loop }, { coroutine }) {
    const { events, push } = recorder<unknown>()
    const foreign = new Promise<void>((resolve) => {
      nodeHost.immediate(resolve)
    })
    await loop.runUntilComplete(
      coroutine(
        () => loop.wrap(foreign),
        () => {
          push(currentTask() !== null)
        },
      ),
    )
    assert.deepEqual(events, [true])
  },

  async 'a task group waits for all of its tasks'({ loop }, { coroutine }) {
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(
      coroutine(
        () =>
          taskGroup(async (group) => {
            group.createTask(
              coroutine(
                () => sleep(2),
                () => push('slow'),
              ),
            )
            group.createTask(coroutine(() => push('quick')))
            push('body')
          }),
        () => {
          push('end')
        },
      ),
    )
    assert.deepEqual(events, ['body', 'quick', 'slow', 'end'])
  },
})
