import { once } from 'node:events'
import { connect } from 'node:net'
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fakePage, RunningService, settings } from './running-service.ts'

/** Long, because a test here starts processes on a machine that may be busy; nothing waits for it to pass. */
const timeout = 120_000

test('a snapshot tells of every part of the service', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder)
  const { server, at, loop, lag, selector, pools, jobs, tasks, slow, echo, configuration } = await service.until(
    ({ echo, jobs, pools, loop }) =>
      echo.connections === settings.echoClients &&
      echo.roundTrip !== null &&
      loop.turns > 100 &&
      jobs.every(({ name, runs }) => runs > 0 || ['hourly', 'nightly', 'warm-up'].includes(name)) &&
      pools.every(({ succeeded }) => succeeded > 0),
  )
  expect(server).toMatchObject({
    pid: service.program.process.pid,
    runtime: `Node ${process.versions.node}`,
    every: 100,
    watchers: 0,
  })
  expect(at).toBeGreaterThan(server.startedAt)
  expect(Object.entries(loop).filter(([, value]) => typeof value !== 'string' && !(value >= 0))).toEqual([])
  expect(lag.buckets.map(({ below }) => below)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null])
  expect(lag.buckets.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0)
  expect(['epoll', 'kqueue', 'uv', 'poll']).toContain(selector.name)
  expect(pools.map(({ name, maxWorkers, workers, failed }) => ({ name, maxWorkers, workers, failed }))).toEqual([
    { name: 'threads', maxWorkers: 2, workers: 1, failed: 0 },
    { name: 'processes', maxWorkers: 1, workers: 1, failed: 0 },
  ])
  expect(jobs.map(({ name, schedule, lastOutcome }) => [name, schedule.split(' ', 2).join(' '), lastOutcome])).toEqual([
    ['pulse', 'every 200', 'success'],
    ['flaky', 'every 2000', 'failure'],
    ['primes', '*/5 *', 'success'],
    ['digest', 'every 3000', 'success'],
    ['hourly', '0 *', null],
    ['nightly', '0 2', null],
    ['warm-up', 'once after', jobs.at(-1)!.lastOutcome],
  ])
  expect(jobs[1]).toMatchObject({
    lastError: expect.stringMatching(/delivery \d+ was refused/),
    failures: jobs[1]!.runs,
  })
  expect(tasks.tree!.map(({ name }) => name)).toEqual(expect.arrayContaining(['service', 'echo clients']))
  expect(slow).toMatchObject({ threshold: 100, stacks: 'on' })
  expect(echo.bytes).toBeGreaterThan(echo.messages)
  expect(configuration).toMatchObject({ version: 1, settings, problem: null })
})

test('the selector is asked for its descriptors, and the task tree shows who waits for whom', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder, '--selector', 'native')
  const { selector, tasks, echo } = await service.until(({ selector: { descriptors } }) => descriptors.length >= 6)
  expect(selector.watches).toEqual(['descriptors', 'batched streams'])
  const kinds = selector.descriptors.map(({ kind }) => kind)
  expect(kinds).toEqual(['reader', 'listener', 'connection', 'connection', 'connection', 'connection'])
  expect(selector.descriptors[0]!.place).toMatch(/^control pipe .+control$/)
  expect(selector.descriptors[1]!.place).toBe(echo.address)
  const group = tasks.tree!.find(({ name }) => name === 'echo clients')!
  expect([group.note, ...group.waitsFor.map(({ name }) => name)]).toEqual([
    'in taskGroup()',
    'bookkeeper',
    'client 1',
    'client 2',
  ])
})

test.each(['poll', 'host'])(
  'on the %s selector everything works, and no descriptor is watched',
  { timeout },
  async (choice) => {
    using page = fakePage()
    await using service = await RunningService.start(page.folder, '--selector', choice)
    const { selector } = await service.until(({ echo }) => echo.messages > 0)
    expect([selector.name, selector.descriptors]).toEqual([choice, []])
    service.program.kill('SIGTERM')
    expect(await service.program.end()).toMatchObject({ code: 0 })
  },
)

test('the echo server sends back what it gets', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder)
  const { echo } = await service.snapshot()
  const [host, port] = echo.address.split(':') as [string, string]
  const socket = connect(Number(port), host).setEncoding('utf8')
  socket.write('hello')
  expect(await once(socket, 'data')).toEqual(['hello'])
  socket.destroy()
})

test('blocking the loop is seen by the monitor: the callback by name, with its stack', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder)
  for (;;) {
    expect(await service.act('block')).toEqual({
      status: 200,
      body: { message: expect.stringMatching(/^The loop was blocked for [5-9]\d\d ms\.$/) },
    })
    const { slow } = await service.until(({ slow: { last } }) => last.some(({ name }) => name === 'blockTheLoop'))
    expect(slow.last.find(({ name }) => name === 'blockTheLoop')).toMatchObject({
      kind: 'callback',
      duration: expect.any(Number),
    })
    // On a machine so busy that the sampling did not fit in the block there is no stack: then once more.
    if (slow.last.some(({ stack }) => stack?.includes('at blockTheLoop') === true)) break
  }
})

test('a burst puts its tasks into the ready queue together; heavy work leaves the loop free', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder)
  const burst = await service.act('burst', { tasks: 5000 })
  expect(burst.body.message).toMatch(/^5,000 tasks ended after \d+ ms; the ready queue held 5,0\d\d\.$/)
  const before = (await service.snapshot()).pools[0]!.succeeded
  const heavy = await service.act('heavy', { limit: 1_000_000 })
  expect(heavy.body.message).toMatch(
    /^78,498 primes below 1,000,000 in [\d.]+ s; the loop made [1-9]\d* turns meanwhile\.$/,
  )
  expect((await service.snapshot()).pools[0]!.succeeded).toBeGreaterThan(before)
})

test('a job that is cancelled is gone until a reload', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder)
  const names = async (): Promise<string[]> => (await service.snapshot()).jobs.map(({ name }) => name)
  expect(await service.act('cancel', { job: 'pulse' })).toMatchObject({ status: 200 })
  expect(await names()).not.toContain('pulse')
  expect(await service.act('cancel', { job: 'pulse' })).toEqual({
    status: 404,
    body: { error: { name: 'ActionInputError', message: 'there is no job "pulse"' } },
  })
  expect(await service.act('hangup')).toEqual({
    status: 200,
    body: { message: 'SIGHUP: the configuration was reloaded; it is version 2 now.' },
  })
  expect(await names()).toContain('pulse')
})

test(
  'SIGHUP reloads the configuration; one that makes no sense is refused by name, and the one before stays',
  { timeout },
  async () => {
    using page = fakePage()
    await using service = await RunningService.start(page.folder)
    const changed = { ...settings, echoClients: 4, pulseEvery: 300 }
    service.configure(JSON.stringify(changed))
    service.program.kill('SIGHUP')
    await service.program.line('configuration: version 2')
    const { configuration, jobs } = await service.until(({ echo }) => echo.connections === 4)
    expect(configuration).toMatchObject({ version: 2, settings: changed, problem: null })
    expect(jobs.find(({ name }) => name === 'pulse')!.schedule).toBe('every 300 ms')

    service.configure('{ "echoClients": 5000 }')
    service.program.kill('SIGHUP')
    await service.program.line(/^configuration kept: .*"echoClients" is a whole number from 0 to 100, not 5000$/)
    expect((await service.snapshot()).configuration).toMatchObject({
      version: 2,
      settings: changed,
      problem: expect.stringContaining('echoClients'),
    })
    expect(await service.act('hangup')).toMatchObject({ status: 422, body: { error: { name: 'ActionInputError' } } })
  },
)

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it in order, with code 0, and says good-bye to those who watch',
  { timeout },
  async (signal) => {
    using page = fakePage()
    await using service = await RunningService.start(page.folder)
    const events = await fetch(`${service.address}/api/events`)
    service.program.kill(signal)
    expect(await events.text()).toMatch(/event: snapshot\ndata: \{.+\}\n\n[^]*event: ending\ndata: \{\}\n\n$/)
    const { code, lines, errors } = await service.program.end()
    expect({ code, errors, last: lines.at(-1) }).toEqual({
      code: 0,
      errors: '',
      last: expect.stringMatching(new RegExp(`^${signal}: ended in \\d+ ms$`)),
    })
    await expect(fetch(service.address)).rejects.toThrow()
  },
)

test('the control pipe takes commands, and is removed at the end', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder, '--selector', 'native')
  const pipe = (await service.snapshot()).selector.descriptors[0]!.place.replace('control pipe ', '')
  writeFileSync(pipe, 'reload\nnonsense\n')
  await service.program.line('configuration: version 2')
  await service.program.line('the control pipe takes "reload" and "stop", not "nonsense"')
  await service.until(({ echo }) => echo.connections === settings.echoClients)
  writeFileSync(pipe, 'stop\n')
  expect(await service.program.end()).toMatchObject({ code: 0, errors: '' })
  expect(() => {
    writeFileSync(pipe, '')
  }).toThrow('ENOENT')
})

test('events come again and again, to every page', { timeout }, async () => {
  using page = fakePage()
  await using service = await RunningService.start(page.folder)
  const watching = [new AbortController(), new AbortController()]
  const streams = await Promise.all(watching.map(({ signal }) => fetch(`${service.address}/api/events`, { signal })))
  for (const [index, { body, headers }] of streams.entries()) {
    expect(headers.get('content-type')).toBe('text/event-stream')
    let text = ''
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.split('event: snapshot').length > 3) break
    }
    watching[index]!.abort()
  }
  expect((await service.until(({ server }) => server.watchers === 0)).server.snapshotCost).toBeGreaterThan(0)
})
