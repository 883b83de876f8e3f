import { expect } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { getRunningLoop, run, sleep } from '../src/index.ts'
import type { Recorder } from '../src/testing/index.ts'
import { recorder } from '../src/testing/index.ts'
import type { Form } from './support.ts'
import { bothForms, virtualLoop } from './support.ts'

type Coroutine = Form['coroutine']

/** Registers one program of the lesson; `body` gives the main coroutine function, in the form under test. */
function lesson(
  name: string,
  expected: readonly unknown[],
  body: (coroutine: Coroutine, record: Recorder) => ReturnType<Coroutine>,
): void {
  bothForms(name, async ({ coroutine }) => {
    const record = recorder()
    await run(body(coroutine, record), { loopFactory: virtualLoop })
    expect(record.events).toEqual(expected)
  })
}

const loop = (): EventLoop => getRunningLoop()

lesson('L1: what a turn adds runs in the next', ['A', 'C', 'D', 'B'], (coroutine, { push, on }) =>
  coroutine(
    () => loop().callSoon(push, 'C'),
    () => loop().callSoon(push, 'D'),
    on('A'),
    () => sleep(0),
    on('B'),
    () => sleep(0),
  ),
)

lesson('L2: callSoon is first-in first-out', [1, 2, 3], (coroutine, { push }) =>
  coroutine(
    () => loop().callSoon(push, 1),
    () => loop().callSoon(push, 2),
    () => loop().callSoon(push, 3),
    () => sleep(0),
  ),
)

lesson('L3: before, first, second, after', ['before', 'first', 'second', 'after'], (coroutine, { push, on }) =>
  coroutine(
    on('before'),
    () => loop().callSoon(push, 'first'),
    () => loop().callSoon(push, 'second'),
    () => sleep(0),
    on('after'),
  ),
)

lesson('L4: callLater runs in the order of delays', [100, 200, 300], (coroutine, { push }) =>
  coroutine(
    () => loop().callLater(300, () => push(loop().time())),
    () => loop().callLater(100, () => push(loop().time())),
    () => loop().callLater(200, () => push(loop().time())),
    () => sleep(500),
  ),
)

lesson('L5: callAt runs in the order of times', ['at+100', 'at+200'], (coroutine, { push }) =>
  coroutine(
    () => loop().callAt(loop().time() + 200, push, 'at+200'),
    () => loop().callAt(loop().time() + 100, push, 'at+100'),
    () => sleep(500),
  ),
)

lesson('L6: a cancelled timer does not run', [false, true], (coroutine, { push }) =>
  coroutine(
    () => {
      const timer = loop().callLater(1000, push, 'ran')
      push(timer.cancelled())
      timer.cancel()
      push(timer.cancelled())
    },
    () => sleep(1500),
  ),
)

lesson('L7: delays decide, not the order of calls', ['A', 'B', 'C'], (coroutine, { push }) =>
  coroutine(
    () => loop().callLater(200, push, 'B'),
    () => loop().callLater(100, push, 'A'),
    () => loop().callLater(300, push, 'C'),
    () => sleep(500),
  ),
)

lesson('L8: soon before sleep, cancelled never', ['soon-1', 'soon-2', 'after-sleep'], (coroutine, { push, on }) =>
  coroutine(
    () => {
      loop().callLater(100, push, 'cancelled').cancel()
    },
    () => loop().callSoon(push, 'soon-1'),
    () => loop().callSoon(push, 'soon-2'),
    () => sleep(0),
    on('after-sleep'),
    () => sleep(200),
  ),
)

lesson('L9: tasks and callbacks interleave by time', ['task-2', 'callback', 'task-1'], (coroutine, { push, on }) =>
  coroutine(
    () => {
      loop().createTask(coroutine(() => sleep(200), on('task-1')))
      loop().createTask(coroutine(() => sleep(100), on('task-2')))
      loop().callLater(150, push, 'callback')
    },
    () => sleep(300),
  ),
)
