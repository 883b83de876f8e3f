import { getRunningLoop, sleep } from '@loop/core'
import { openConnection, startServer } from '@loop/net/streams'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { SimulateOptions, SimulationResult, World } from '../src/index.ts'
import { NotDeterministicError, simulate, SimulationError } from '../src/index.ts'

const LINE = Buffer.from('\n')

/** Asks a server each 100 ms, and does not live with a crash of it. */
async function fragile(world: World): Promise<void> {
  world.host('db', async () => {
    const server = await startServer(
      async (reader, writer) => {
        for await (const chunk of reader) writer.write(chunk)
      },
      { port: 1 },
    )
    await server.serveForever()
  })
  world.host('other', () => sleep(1e9))
  const [reader, writer] = await openConnection({ host: 'db', port: 1 })
  for (let i = 0; i < 200; i++) {
    writer.write(Buffer.from(`question ${i}\n`))
    await reader.readUntil(LINE)
    await sleep(100)
  }
}

const FAULTS: SimulateOptions = {
  faults: { kinds: { crash: 1, pause: 3, slow: 2 }, every: [100, 1000] },
  network: { latency: [1, 10], loss: 0.01 },
}

const failureOf = (run: Promise<unknown>): Promise<SimulationError> =>
  run.then(
    () => Promise.reject(new Error('it passed')),
    (error: unknown) => error as SimulationError,
  )

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a failing run', () => {
  test('tells its seed, the faults that it needs, how to see it again, and what happened', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'loop-report-'))
    try {
      const error = await failureOf(simulate(fragile, { ...FAULTS, runs: 50, reports: directory }))
      expect(error).toBeInstanceOf(SimulationError)
      expect(error.faults).toHaveLength(1)
      expect(error.faults[0]).toMatch(/^crash@db#\d$/)
      const { seed, message } = error
      expect(message).toContain(`failed under seed ${seed}`)
      expect(message).toMatch(/Of \d+ faults by chance it needs 1: crash@db#\d\./)
      expect(message).toContain(`LOOP_SEED=${seed} LOOP_FAULTS='${error.faults[0]}' npx vitest run`)
      expect(message).toContain('-t "a failing run')
      expect(error.timeline).toMatch(/!! db: crash db/)
      expect(error.timeline).toMatch(/test -> db: "question 0\\n" {2}\(:\d+ to :1\) {2}after \d+\.\d{3} ms/)
      const [file] = readdirSync(directory)
      expect(message).toContain(join(directory, file!))
      const page = readFileSync(join(directory, file!), 'utf8')
      expect(page).toBe(error.diagram)
      expect(page).toContain('<svg')
      expect(page).toContain('crash db')
      expect(page).not.toMatch(/(src|href)="?http/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('is had again by its seed and its faults alone', async () => {
    const { seed, faults } = await failureOf(simulate(fragile, { ...FAULTS, runs: 50, reports: null }))
    vi.stubEnv('LOOP_SEED', String(seed))
    vi.stubEnv('LOOP_FAULTS', faults.join(','))
    const again = await failureOf(simulate(fragile, { ...FAULTS, runs: 50, reports: null }))
    expect([again.seed, again.faults]).toEqual([seed, faults])
    vi.stubEnv('LOOP_FAULTS', 'none')
    expect((await simulate(fragile, { ...FAULTS, runs: 50 })).faults).toEqual([])
  })

  test('is told where no diagram can be written', async () => {
    const error = await failureOf(simulate(fragile, { ...FAULTS, runs: 50, reports: '/dev/null/nowhere', shrink: 0 }))
    expect(error.message).not.toContain('Diagram')
    expect(existsSync('/dev/null/nowhere')).toBe(false)
  })

  test('shows what is hostile in its messages as text', async () => {
    const error = await failureOf(
      simulate(
        async (world) => {
          world.note('<script>alert(1)</script>')
          await sleep(1)
          throw 'no error at all'
        },
        { reports: null },
      ),
    )
    expect(error.diagram).not.toContain('<script>alert')
    expect(error.message).toContain('no error at all')
  })
})

describe("check: 'twice'", () => {
  test('finds what one run leaves to the next, and shows where two runs part', async () => {
    let runs = 0
    const error = await failureOf(
      simulate(
        async (world) => {
          await sleep(10)
          world.note(`run ${++runs}`)
        },
        { check: 'twice' },
      ),
    )
    expect(error).toBeInstanceOf(NotDeterministicError)
    expect(error.message).toMatch(/The first difference:\n.*run 3\n.*run 4/)
  })

  test('finds chance from elsewhere, and lets that of the world be', async () => {
    const jittery =
      (random: (world: World) => number) =>
      async (world: World): Promise<void> => {
        for (let i = 0; i < 10; i++) await sleep(random(world) * 100)
      }
    await simulate(
      jittery((world) => world.random.below(100) / 100),
      { runs: 5, check: 'twice' },
    )
    await expect(simulate(jittery(Math.random), { check: 'twice' })).rejects.toBeInstanceOf(NotDeterministicError)
  })
})

describe("check: 'ambient'", () => {
  const run = (body: () => Promise<unknown>): Promise<SimulationResult<void>> =>
    simulate(
      async (world) => {
        world.host('web', async () => {
          await body()
        })
        await sleep(1000)
      },
      { check: 'ambient', reports: null, shrink: 0 },
    )

  test('names what a host asks the real world for, and where', async () => {
    const found = async (body: () => unknown): Promise<string> => {
      const error = await failureOf(
        run(async () => {
          await Promise.resolve(body())
        }),
      )
      return (error.cause as Error).message
    }
    expect(await found(() => Math.random())).toMatch(/web: Math\.random\(\) at .*report\.test\.ts/)
    expect(await found(() => Date.now())).toContain('web: Date.now()')
    expect(await found(() => new Date())).toContain('web: new Date()')
    expect(await found(() => performance.now())).toContain('web: performance.now()')
    expect(await found(() => crypto.randomUUID())).toContain('web: crypto.randomUUID()')
    expect(await found(() => setTimeout(() => {}, 1))).toContain('web: a timer of Node')
    expect(await found(() => getRunningLoop().wrap(readFile(import.meta.filename ?? __filename)))).toContain(
      'web: a real file',
    )
  })

  test('finds nothing where nothing is, and leaves globals as they were', async () => {
    const before = [Math.random, Date, Date.now, performance.now, crypto.randomUUID]
    await run(async () => {
      await sleep(10)
      return new Date(0)
    })
    expect([Math.random, Date, Date.now, performance.now, crypto.randomUUID]).toEqual(before)
  })
})
