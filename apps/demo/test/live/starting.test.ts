import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program } from '@loop/test-kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkSettings } from '../../src/serve/configuration.ts'
import { parseServeOptions } from '../../src/serve/options.ts'
import { fakePage, RunningService, settings } from './running-service.ts'

const timeout = 120_000
let page: ReturnType<typeof fakePage>
let folder: string

beforeAll(() => {
  page = fakePage()
  folder = mkdtempSync(join(tmpdir(), 'loop-starting-'))
})
afterAll(() => {
  page[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

test('options have defaults, and are read', () => {
  const usual = {
    host: '127.0.0.1',
    port: 8080,
    echoPort: 8081,
    every: 1000,
    config: undefined,
    selector: 'auto',
    store: 'memory',
    turnLog: undefined,
  }
  expect(parseServeOptions([])).toEqual(usual)
  expect(parseServeOptions(['--port', '0', '--selector=poll', '--every', '250'])).toEqual({
    ...usual,
    port: 0,
    selector: 'poll',
    every: 250,
  })
  expect(parseServeOptions(['--help'])).toBe(null)
})

test.each([
  [['--prot', '1'], `Unknown option '--prot'`],
  [['--port'], '--port'],
  [['--port', '80 80'], '--port is a whole number from 0 to 65535, not "80 80"'],
  [['--echo-port', '65536'], '--echo-port is a whole number from 0 to 65535, not "65536"'],
  [['--every', '5'], '--every is a whole number from 100 to 60000, not "5"'],
  [['--selector', 'select'], '--selector is one of auto, native, poll, host, not "select"'],
  [['now'], 'Unexpected argument'],
])('%s is refused by name', (args, message) => {
  expect(() => parseServeOptions(args)).toThrow(
    expect.objectContaining({ name: 'ServeOptionError', message: expect.stringContaining(message) }),
  )
})

test.each([
  ['{', 'x.json is not JSON'],
  ['[]', 'x.json must hold one JSON object'],
  ['{"speed": 1}', 'x.json: there is no setting "speed"; there are echoClients, echoPause, pulseEvery, failOneIn'],
  [JSON.stringify({ ...settings, failOneIn: 0 }), 'x.json: "failOneIn" is a whole number from 1 to 1000, not 0'],
  [
    JSON.stringify({ ...settings, echoPause: '10' }),
    'x.json: "echoPause" is a whole number from 10 to 60000, not "10"',
  ],
  [
    JSON.stringify({ ...settings, pulseEvery: undefined }),
    'x.json: "pulseEvery" is a whole number from 100 to 60000, not undefined',
  ],
])('a configuration of %s is refused by name', (text, message) => {
  expect(() => checkSettings('x.json', text)).toThrow(
    expect.objectContaining({ name: 'ConfigurationError', message: expect.stringContaining(message) }),
  )
})

test('the configuration that comes with the demo is in order', () => {
  const text = readFileSync(new URL('../../service.json', import.meta.url), 'utf8')
  expect(checkSettings('service.json', text)).toEqual(JSON.parse(text))
})

/** Runs the service until it gives up; its code and what it complained about. */
async function failing(
  args: readonly string[],
  pageFolder = page.folder,
): Promise<{ code: number | null; errors: string }> {
  await using program = new Program(new URL('../programs/serve.ts', import.meta.url), args, { PAGE_FOLDER: pageFolder })
  const { code, errors } = await program.end()
  return { code, errors: errors.split('\n')[0]! }
}

test('what keeps it from starting is a sentence, and the process ends with a code', { timeout }, async () => {
  await using other = await RunningService.start(page.folder)
  const port = new URL(other.address).port
  const broken = join(folder, 'broken.json')
  writeFileSync(broken, 'nonsense')
  const free = ['--port', '0', '--echo-port', '0']
  expect(await failing(['--port', port, '--echo-port', '0'])).toEqual({
    code: 1,
    errors: expect.stringMatching(
      /^ListenError: the page cannot be served: .*EADDRINUSE.*Choose another port with --port$/,
    ),
  })
  expect(await failing(['--port', '0', '--echo-port', port])).toEqual({
    code: 1,
    errors: expect.stringMatching(
      /^ListenError: the echo server cannot start: .*Choose another port with --echo-port$/,
    ),
  })
  expect(await failing([...free, '--config', broken])).toEqual({
    code: 1,
    errors: expect.stringContaining('ConfigurationError: '),
  })
  expect(await failing([...free, '--config', join(folder, 'none')])).toEqual({
    code: 1,
    errors: expect.stringContaining('cannot be read'),
  })
  expect(await failing(free, join(folder, 'none'))).toEqual({
    code: 1,
    errors: expect.stringContaining('PageMissingError: '),
  })
  expect(await failing([...free, '--store', 'clay'])).toEqual({
    code: 2,
    errors: expect.stringContaining('ServeOptionError: --store is memory'),
  })
  expect(await failing([...free, '--turn-log', join(folder, 'no', 'log')])).toEqual({
    code: 2,
    errors: expect.stringContaining('ServeOptionError: --turn-log'),
  })
  expect(await failing(['--port', 'x'])).toEqual({
    code: 2,
    errors: expect.stringContaining('ServeOptionError: --port'),
  })
})

test(
  'with a turn log every turn and every scheduled callback is a line; jobs may be kept in a file',
  { timeout },
  async () => {
    const log = join(folder, 'turns.log')
    await using service = await RunningService.start(
      page.folder,
      '--turn-log',
      log,
      '--store',
      `sqlite:${join(folder, 'jobs.db')}`,
    )
    await service.until(({ jobs }) => jobs.some(({ runs }) => runs > 0))
    service.program.kill('SIGTERM')
    expect(await service.program.end()).toMatchObject({ code: 0 })
    const lines = readFileSync(log, 'utf8')
    expect(lines).toMatch(/^turn \d+: \d+ events, \d+ timers, \d+ handles, /m)
    expect(lines).toMatch(/^callAt [\d.]+ ms lagProbe\(/m)
  },
)
