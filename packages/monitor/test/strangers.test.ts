import { EventLoop, gather } from '@loop/core'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Inspectable, InspectableOptions, Inspection } from '../src/index.ts'
import {
  describeBlock,
  formatTaskList,
  formatTaskTree,
  inspectable,
  InspectionError,
  inspectProcess,
} from '../src/index.ts'
import { command } from '../src/inspect/command.ts'

let parent: string
let directory: string
const open: Server[] = []
const before = process.env['TMPDIR']

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'loop-strangers-'))
  process.env['TMPDIR'] = parent
  directory = join(parent, `loop-inspect-${process.getuid!()}`)
})

afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((closed) => server.close(closed))
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  rmSync(parent, { recursive: true })
})

/** Listens in a directory of the given mode as if it were the given process, and counts who comes. */
async function squat(
  where: string,
  pid: number,
  answer: (socket: Socket) => void,
  mode = 0o700,
): Promise<() => number> {
  let came = 0
  if (!existsSync(where)) mkdirSync(where)
  chmodSync(where, mode)
  const server = createServer((socket) => {
    came++
    socket.on('error', () => {
      // Who asked has seen enough.
    })
    answer(socket)
  })
  open.push(server)
  await new Promise<void>((listening) => server.listen(join(where, `${pid}-0-1.sock`), listening))
  return () => came
}

const nothing = { ready: 0, timers: 0, tasks: 0, turns: 0, selector: 'host' }
const answerOf = (tasks: unknown, statistics: unknown = nothing): string =>
  JSON.stringify({ statistics, graph: { tasks } })

test('a directory that others may write to is not asked', async () => {
  const came = await squat(directory, process.pid, (socket) => socket.end(answerOf([])), 0o777)
  await expect(inspectProcess(process.pid, 1000)).rejects.toThrow(
    `${directory} is not a directory of yours alone: whoever made it would answer; remove it, or set TMPDIR`,
  )
  expect(came()).toBe(0)
})

test('a directory behind a link is not asked', async () => {
  const elsewhere = join(parent, 'elsewhere')
  const came = await squat(elsewhere, process.pid, (socket) => socket.end(answerOf([])))
  symlinkSync(elsewhere, directory)
  await expect(inspectProcess(process.pid, 1000)).rejects.toThrow('is not a directory of yours alone')
  expect(came()).toBe(0)
})

test('a socket behind a link is not asked', async () => {
  const elsewhere = join(parent, 'elsewhere')
  const came = await squat(elsewhere, process.pid, (socket) => socket.end(answerOf([])))
  mkdirSync(directory, { mode: 0o700 })
  symlinkSync(join(elsewhere, `${process.pid}-0-1.sock`), join(directory, `${process.pid}-0-1.sock`))
  await expect(inspectProcess(process.pid, 1000)).rejects.toThrow('does not let itself be inspected by you')
  expect(came()).toBe(0)
})

test.runIf(process.getuid?.() === 0)(
  'a directory or a socket of another user is not asked, be it as closed as it may',
  async () => {
    const { chownSync } = await import('node:fs')
    const came = await squat(directory, 1, (socket) => socket.end(answerOf([])))
    chownSync(join(directory, '1-0-1.sock'), 1234, 1234)
    await expect(inspectProcess(1, 1000)).rejects.toThrow('does not let itself be inspected by you')
    chownSync(directory, 1234, 1234)
    await expect(inspectProcess(1, 1000)).rejects.toThrow('is not a directory of yours alone')
    expect(came()).toBe(0)
  },
)

test('an answer without an end is read up to the limit', async () => {
  let sent = 0
  await squat(directory, process.pid, (socket) => {
    const part = Buffer.alloc(64 * 1024, 32)
    const flood = (): void => {
      while (!socket.destroyed && socket.write(part)) sent += part.length
    }
    socket.on('drain', flood)
    flood()
  })
  await expect(inspectProcess(process.pid, 20_000, { maxBytes: 1_000_000 })).rejects.toThrow(
    new InspectionError(`process ${process.pid} answers with more than 1000000 bytes; raise maxBytes to read it`),
  )
  // What the system holds between two sockets comes on top.
  expect(sent).toBeLessThan(8_000_000)
})

test.each<[string, string]>([
  ['no JSON', 'tasks'],
  ['no object', '7'],
  ['no list of tasks', answerOf({})],
  ['a name that is none', answerOf([{ id: 1, name: 5, coroutine: 'f', state: 'waiting', awaits: [] }])],
  ['an awaited thing that is none', answerOf([{ id: 1, name: 'a', coroutine: 'f', state: 'waiting', awaits: [null] }])],
  ['no statistics', answerOf([], null)],
  ['deep brackets', '['.repeat(1_000_000)],
])('an answer with %s is an error with a name', async (_what, text) => {
  await squat(directory, process.pid, (socket) => socket.end(text))
  let said = ''
  const code = await command(['ps', String(process.pid), '--timeout', '20000'], String, (text) => (said += text))
  expect([code, said]).toEqual([1, `process ${process.pid} ended while it answered, or is of another version`])
})

/** Runs `body` beside a loop with so many tasks that their description does not fit into a socket. */
async function withManyTasks(options: InspectableOptions, body: (shown: Inspectable) => Promise<void>): Promise<void> {
  using loop = new EventLoop()
  await loop.runUntilComplete(async () => {
    const gate = loop.createFuture<void>()
    const tasks = Array.from({ length: 20_000 }, () => loop.createTask(async () => gate, { name: 'x'.repeat(200) }))
    try {
      using shown = inspectable(loop, options)
      await loop.wrap(body(shown))
    } finally {
      gate.setResult()
      await gather(tasks)
    }
  })
}

test('more clients than the limit are turned away, and told so', async () => {
  await withManyTasks({ patience: 60_000 }, async (shown) => {
    let away = 0
    const sockets = Array.from({ length: 100 }, () => connect(shown.address))
    await new Promise<void>((resolve) => {
      // Nobody reads: those that are answered stay.
      for (const socket of sockets)
        socket.on('close', () => {
          if (++away === 92) resolve()
        })
    })
    await expect(inspectProcess(process.pid, 20_000)).rejects.toThrow('ended, or answers as many already as it may')
    expect(away).toBe(92)
    for (const socket of sockets) socket.destroy()
    let inspection: Inspection[] | null = null
    while (inspection === null) inspection = await inspectProcess(process.pid, 20_000).catch(() => null)
    expect(inspection[0]!.graph.tasks.length).toBeGreaterThan(20_000)
  })
})

test('a client that reads nothing gets what the socket holds and no more, and is sent away', async () => {
  await withManyTasks({ patience: 300, maxClients: 1 }, async (shown) => {
    const socket = connect(shown.address)
    socket.on('error', () => {
      // It was sent away.
    })
    await once(socket, 'readable')
    // Its place is free when another one is answered.
    while ((await inspectProcess(process.pid, 20_000).catch(() => null)) === null);
    socket.resume()
    await once(socket, 'close')
    expect(socket.bytesRead).toBeLessThan(2_000_000)
  })
})

test.each([{ maxClients: 0 }, { maxClients: 1.5 }, { maxClients: '8' }, { patience: 0 }, { patience: NaN }])(
  'limits %j are refused',
  (limits) => {
    expect(() => inspectable(new EventLoop(), limits as object)).toThrow(RangeError)
  },
)

/** Clears the screen, sets the title, and turns the direction of the text around. */
const HOSTILE = 'a\u001b[2J\u009b31m\u001b]0;x\u0007\r\n\u202e\u2066\u2028b'
// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

test('names are printed without what a terminal obeys', async () => {
  const task = {
    id: 1,
    name: HOSTILE,
    coroutine: HOSTILE,
    state: 'elsewhere',
    awaits: [],
    source: `at ${HOSTILE} (x.js:1:2)`,
  }
  const awaits = [{ name: HOSTILE, task: null, future: null, awaits: [], source: `at ${HOSTILE} (x.js:1:2)` }]
  const tasks = [task, { ...task, id: 2, state: 'waiting', awaits }]
  await squat(directory, process.pid, (socket) => socket.end(answerOf(tasks, { ...nothing, selector: HOSTILE })))
  for (const args of [['ps'], ['pstree'], ['ps', '--json']]) {
    let said = ''
    const [format = '', ...rest] = args
    expect(
      await command([format, String(process.pid), '--timeout', '20000', ...rest], (text) => (said += text), String),
    ).toBe(0)
    expect(said).toContain('a')
    expect(said).not.toMatch(OBEYED)
    if (rest.length > 0) expect((JSON.parse(said) as Inspection[])[0]!.graph.tasks[0]!.name).toBe(HOSTILE)
    else expect(said.split('\n').length).toBeLessThan(6)
  }
  const graph = { tasks: tasks.map((each) => ({ ...each, inCycle: false })) } as unknown as Inspection['graph']
  expect(formatTaskTree(graph) + formatTaskList(graph)).not.toMatch(OBEYED)
  const report = {
    duration: 1,
    silence: 1,
    kind: 'task',
    name: HOSTILE,
    handles: [{ name: HOSTILE, duration: 1 }],
    source: undefined,
    stack: undefined,
  } as const
  expect(describeBlock(report) + describeBlock({ ...report, kind: 'several' })).not.toMatch(/[\n]/)
  expect(describeBlock(report) + describeBlock({ ...report, kind: 'several' })).not.toMatch(OBEYED)
})
