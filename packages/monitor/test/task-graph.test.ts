import type { Task } from '@loop/core'
import {
  CancelledError,
  EventLoop,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  taskGroup,
  wait,
  waitFor,
} from '@loop/core'
import { expect, test } from 'vitest'
import { captureTaskGraph, formatTaskList, formatTaskTree } from '../src/index.ts'

test('the tree shows who waits for whom, through every way of waiting', async () => {
  let tree = ''
  let free = (): void => {}
  await run(async function main() {
    const loop = getRunningLoop()
    const start = (name: string, body: () => Promise<unknown>): Task => loop.createTask(body, { name })
    const leaf = start('leaf', async () => {
      await loop.createFuture()
    })
    const waiters = [
      start('gathers', async () => {
        await gather([leaf, gather([sleep(1000)])])
      }),
      start('groups', async () => {
        await taskGroup(async (group) => {
          group.createTask(
            async function member() {
              await sleep(1000)
            },
            { name: 'member' },
          )
        })
      }),
      start('waits', async () => {
        await wait([leaf])
      }),
      start('limits', async () => {
        await waitFor(leaf, 1000)
      }),
      start('shields', async () => {
        await shield(leaf)
      }),
      start('foreign', async () => {
        await new Promise<void>((resolve) => (free = resolve))
      }),
    ]
    for (let i = 0; i < 5; i++) await sleep(0)
    tree = formatTaskTree(captureTaskGraph())
    free()
    for (const task of [...waiters, leaf]) task.cancel()
  })
  expect(tree.replace(/Task-\d+/g, 'Task-N')).toBe(`Task-N (main) running
gathers
└── gather()
    ├── leaf
    │   └── Future
    └── gather()
        └── Sleep
groups
└── taskGroup()
    └── member (member)
        └── Sleep
waits
└── wait()
    └── leaf (see above)
limits
└── leaf (see above)
shields
└── shield()
    └── leaf (see above)
foreign ready, or at a promise that the loop does not know`)
})

test('a circle of tasks is marked, and the tree ends', async () => {
  const loop = new EventLoop()
  // Closing reports the circle, which never ends.
  loop.setExceptionHandler(() => {})
  const tasks: Task[] = []
  for (const [index, name] of ['egg', 'hen'].entries()) {
    tasks.push(
      loop.createTask(
        async () => {
          await tasks[1 - index]!
        },
        { name },
      ),
    )
  }
  loop.createTask(
    async () => {
      await tasks[0]!
    },
    { name: 'cook' },
  )
  await loop.runUntilComplete(async () => {
    await sleep(0)
    await sleep(0)
  })
  const graph = captureTaskGraph(loop)
  expect(graph.tasks.map(({ name, inCycle }) => [name, inCycle])).toEqual([
    ['egg', true],
    ['hen', true],
    ['cook', false],
  ])
  expect(formatTaskTree(graph)).toBe(`cook
└── egg
    └── hen
        └── egg (a circle: it waits for itself)`)
  expect(formatTaskList(graph)).toBe(`id  task  state             waits for
1   egg   waits for itself  hen
2   hen   waits for itself  egg
3   cook  waiting           egg`)
  expect(JSON.parse(JSON.stringify(graph))).toEqual(JSON.parse(JSON.stringify(captureTaskGraph(loop))))
  loop.close()
})

test('in debug mode the tree says where', async () => {
  const loop = new EventLoop({ debug: true })
  const task = loop.createTask(async function napping() {
    await sleep(1000)
  })
  await loop.runUntilComplete(async () => {
    await sleep(0)
  })
  expect(formatTaskTree(captureTaskGraph(loop))).toMatch(
    /^Task-\d+ \(napping\)\n└── Sleep at napping \(.*task-graph\.test\.ts:\d+:\d+\)$/,
  )
  task.cancel()
  await loop.runUntilComplete(async () => {
    await task.catch((error: unknown) => {
      if (!(error instanceof CancelledError)) throw error
    })
  })
  loop.close()
})
