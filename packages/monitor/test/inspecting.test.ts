import { allTasks, EventLoop, sleep } from '@loop/core'
import { Program } from '@loop/test-kit'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../src/inspect/command.ts'
import { inspectable, InspectionError, inspectProcess } from '../src/index.ts'

const inspected = (...args: string[]): Program => new Program(new URL('programs/inspected.ts', import.meta.url), args)

/** The command line's exit code and what it said. */
async function commandLine(...args: string[]): Promise<[number, string]> {
  let said = ''
  const say = (text: string): void => {
    said += text
  }
  return [await command(args, say, say), said]
}

test('a live process shows its tasks, what each awaits and where', async () => {
  await using program = inspected()
  const address = await program.line(/\.sock$/)
  await program.line('ready')
  expect(statSync(address).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(address)).mode & 0o777).toBe(0o700)
  const pid = String(program.process.pid)

  const [code, tree] = await commandLine('pstree', pid)
  const withoutPlaces = tree.replace(/ at .*inspected\.ts.*$/gm, ' (place)').replace(/turn \d+/, 'turn N')
  expect([code, withoutPlaces]).toEqual([
    0,
    `loop on host: turn N, 3 tasks, 1 timers, 0 ready
Task-1 (main)
└── taskGroup()
    ├── download (fetchPage)
    │   └── Sleep (place)
    └── parse (parsePage)
        └── download (fetchPage) (see above)`,
  ])
  expect(tree).toMatch(/Sleep at .*fetchPage.*inspected\.ts:\d+/)

  const [, list] = await commandLine('ps', pid)
  expect(
    list
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ {2,}/).slice(0, 3)),
  ).toEqual([
    ['id', 'task', 'state'],
    ['1', 'Task-1 (main)', 'waiting'],
    ['2', 'download (fetchPage)', 'waiting'],
    ['3', 'parse (parsePage)', 'waiting'],
  ])
  const [, json] = await commandLine('ps', pid, '--json')
  expect(JSON.parse(json)).toMatchObject([
    { statistics: { tasks: 3 }, graph: { tasks: [{ name: 'Task-1' }, { name: 'download' }, { name: 'parse' }] } },
  ])

  program.kill('SIGTERM')
  await program.end()
  expect(existsSync(address)).toBe(false)
})

test('a process whose loop is blocked is said to be', async () => {
  await using program = inspected('60000')
  await program.line('ready')
  const pid = String(program.process.pid)
  expect(await commandLine('ps', pid, '--timeout', '200')).toEqual([
    1,
    `process ${pid} does not answer within 200 ms: the thread of its loop is blocked or stopped`,
  ])
})

test('a process that was killed is said not to exist, and its socket is removed', async () => {
  await using program = inspected()
  const address = await program.line(/\.sock$/)
  program.kill('SIGKILL')
  await program.end()
  expect(existsSync(address)).toBe(true)
  const pid = String(program.process.pid)
  expect(await commandLine('ps', pid)).toEqual([1, `process ${pid} does not exist`])
  expect(existsSync(address)).toBe(false)
})

test('the next program that can be inspected removes what killed ones left behind, and leaves those alone that live', async () => {
  await using living = inspected()
  await using killed = inspected()
  const addresses = [await living.line(/\.sock$/), await killed.line(/\.sock$/)]
  killed.kill('SIGKILL')
  await killed.end()
  using loop = new EventLoop()
  using _shown = inspectable(loop)
  while (existsSync(addresses[1]!)) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(existsSync(addresses[0]!)).toBe(true)
  expect(await inspectProcess(living.process.pid!, 5000)).toHaveLength(1)
})

test('under a temporary directory that is too deep for sockets, both sides meet elsewhere', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'loop-monitor-'))
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = join(parent, 'x'.repeat(100))
  mkdirSync(process.env['TMPDIR'])
  try {
    using loop = new EventLoop()
    using shown = inspectable(loop)
    expect(shown.address.length).toBeLessThan(104)
    expect(await inspectProcess(process.pid, 5000)).toHaveLength(1)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(parent, { recursive: true })
  }
})

test('many tasks are answered in slices, between which the loop goes on', async () => {
  const loop = new EventLoop()
  const gate = loop.createFuture<void>()
  let turns = 0
  await loop.runUntilComplete(async () => {
    using _shown = inspectable(loop)
    for (let i = 0; i < 20_000; i++) loop.createTask(async () => gate)
    const answer = loop.createTask(async () => loop.wrap(inspectProcess(process.pid, 20_000)))
    for (; !answer.done(); turns++) await sleep(0)
    const [inspection] = await answer
    expect(inspection!.graph.tasks.length).toBeGreaterThan(20_000)
    gate.setResult()
    while (allTasks().size > 1) await sleep(0)
  })
  // Each turn is one in which a service would have served.
  expect(turns).toBeGreaterThan(10)
  loop.close()
})

test('processes that cannot be inspected are told from those that do not exist', async () => {
  await expect(inspectProcess(process.pid, 1000)).rejects.toThrow(
    'does not let itself be inspected by you: call inspectable() in it',
  )
  await expect(inspectProcess(2 ** 22 + 1, 1000)).rejects.toThrow(
    new InspectionError(`process ${2 ** 22 + 1} does not exist`),
  )
})

test('several loops of a process answer each', async () => {
  using first = new EventLoop()
  using second = new EventLoop()
  const shown = [inspectable(first), inspectable(second)]
  expect((await inspectProcess(process.pid, 1000)).map(({ graph }) => graph)).toEqual([{ tasks: [] }, { tasks: [] }])
  for (const each of shown) each[Symbol.dispose]()
  expect(shown.map(({ address }) => existsSync(address))).toEqual([false, false])
})

test('a directory that others can enter is refused', () => {
  const parent = mkdtempSync(join(tmpdir(), 'loop-monitor-'))
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = parent
  try {
    const directory = join(parent, `loop-inspect-${process.getuid!()}`)
    mkdirSync(directory)
    chmodSync(directory, 0o755)
    expect(() => inspectable(new EventLoop())).toThrow(`${directory} is not a directory of yours alone`)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(parent, { recursive: true })
  }
})

test.each([
  [[]],
  [['ps']],
  [['tap', '1']],
  [['ps', 'me']],
  [['ps', '1', '2']],
  [['ps', '1', '--timeout', '0']],
  [['ps', '1', '--colour']],
])('the command line %j is answered with how to use it', async (args) => {
  const [code, said] = await commandLine(...args)
  expect([code, said.split('\n')[0]]).toEqual([2, 'loop-inspect ps PID        the tasks of a process, one a line'])
})
