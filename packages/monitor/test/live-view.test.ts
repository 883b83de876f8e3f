import { stripVTControlCharacters } from 'node:util'
import { CancelledError, getRunningLoop, run, sleep } from '@loop/core'
import { expect, test } from 'vitest'
import { command } from '../src/inspect/command.ts'
import { top, type Terminal } from '../src/inspect/top.ts'
import { inspectable, type InspectableParts } from '../src/index.ts'

/** A terminal in memory: presses keys, and waits for what the screen shows. */
class Screen implements Terminal {
  readonly columns = 110
  readonly rows = 20
  readonly colours = false
  /** Everything that was written, and the last picture of it. */
  raw = ''
  private picture = ''
  private onKey: (key: string) => void = () => {}
  private waiting: { want: RegExp; seen: (line: string) => void }[] = []
  listening = false

  write(text: string): void {
    this.raw += text
    if (!text.startsWith('\x1b[H')) return
    this.picture = stripVTControlCharacters(text)
    for (const each of this.waiting) {
      const line = this.lines().find((shown) => each.want.test(shown))
      if (line !== undefined) each.seen(line)
    }
  }

  keys(onKey: (key: string) => void): () => void {
    this.onKey = onKey
    this.listening = true
    return () => {
      this.listening = false
    }
  }

  press(...keys: string[]): void {
    for (const key of keys) this.onKey(key)
  }

  lines(): string[] {
    return this.picture.split('\r\n').map((line) => line.trimEnd())
  }

  /** The rows of the list, by the names in them. */
  names(): string[] {
    return this.lines().flatMap((line) => /^ +\d+ {2}(\S+)/.exec(line)?.[1] ?? [])
  }

  until(want: RegExp): Promise<string> {
    const there = this.lines().find((line) => want.test(line))
    if (there !== undefined) return Promise.resolve(there)
    return new Promise((seen) => {
      this.waiting.push({ want, seen })
    })
  }
}

const options = { interval: 20, timeout: 5_000 }

/** Runs a body while tasks called zeta, alpha and main live on a loop that shows itself with these parts. */
function watched(parts: InspectableParts, body: (screen: Screen, ended: string[]) => Promise<void>): Promise<void> {
  return run(async function main() {
    const ended: string[] = []
    const loop = getRunningLoop()
    const endless = (name: string) => async () => {
      try {
        await sleep(60_000)
      } catch (error) {
        if (error instanceof CancelledError) ended.push(`${name}: ${error.message}`)
        throw error
      }
    }
    loop.createTask(endless('zeta'), { name: 'zeta' })
    loop.createTask(endless('alpha'), { name: 'alpha' })
    using _shown = inspectable(loop, parts)
    const screen = new Screen()
    const view = top(process.pid, screen, options)
    view.catch(() => {}) // a test that fails before the end says why itself
    await screen.until(/^Tasks/)
    await body(screen, ended)
    screen.press('q')
    await view
    expect(screen.listening).toBe(false)
    // The terminal is given back as it was: the other screen, with a cursor.
    expect([screen.raw.startsWith('\x1b[?1049h'), screen.raw.endsWith('\x1b[?25h\x1b[?1049l')]).toEqual([true, true])
  })
}

test('it shows the loop, pools and tasks, and sorts by key', () =>
  watched(
    {
      pools: {
        images: { statistics: () => ({ workers: 2, running: 1, waiting: 3, succeeded: 40, failed: 0, other: {} }) },
        broken: {
          statistics: () => {
            throw new Error('no figures')
          },
        },
      },
      monitor: { lag: () => ({ p50: 0.5, p99: 12, max: 40 }) as never },
    },
    async (screen) => {
      expect(await screen.until(/^loop on/)).toMatch(/^loop on host: 3 tasks /)
      expect(await screen.until(/late/)).toBe('timers late by: p50 0.5 ms, p99 12 ms, longest 40 ms')
      expect(screen.lines()[0]).toMatch(new RegExp(`^process ${process.pid} .*cpu .*memory \\d+ MB   `))
      expect(await screen.until(/^pool images/)).toBe(
        'pool images: 2 workers   1 running   3 waiting   40 done   0 failed',
      )
      expect(await screen.until(/^pool broken/)).toBe(
        'pool broken: – workers   – running   – waiting   – done   – failed',
      )
      expect(screen.names().slice(1)).toEqual(['zeta', 'alpha'])
      screen.press('s')
      expect(await screen.until(/by name$/)).toBe('Tasks (3), by name')
      expect(screen.names().slice(0, 1)).toEqual(['alpha'])
      screen.press('r')
      await screen.until(/reversed/)
      expect(screen.names()[0]).toBe('zeta')
      expect(await screen.until(/\d turns\/s/)).toMatch(/\d+ turns\/s/)
    },
  ))

test('a task is cancelled after a yes, and only then', () =>
  watched({ control: true }, async (screen, ended) => {
    screen.press('s', 'c')
    expect(await screen.until(/y\/n/)).toBe('cancel the task alpha? y/n')
    screen.press('n')
    await screen.until(/q quit/)
    expect(ended).toEqual([])
    screen.press('c', 'y')
    await screen.until(/^cancelled alpha$/)
    await screen.until(/^Tasks \(2\)/)
    expect(ended).toEqual(['alpha: by loop-inspect'])
  }))

test('without control nothing can be cancelled, and the view says what it needs', () =>
  watched({}, async (screen, ended) => {
    await screen.until(/c cancel \(needs control: true\)/)
    screen.press('c', 'y')
    await screen.until(/^it takes no commands: call inspectable\(loop, \{ control: true \}\) in it$/)
    expect(ended).toEqual([])
  }))

test('jobs have a list of their own, and are cancelled by name; a scheduler that throws hurts nothing', async () => {
  const cancelled: string[] = []
  const scheduler = {
    status: () => [
      {
        name: 'report',
        schedule: '0 2 * * *',
        state: 'scheduled',
        nextRun: new Date(Date.now() + 90_500),
        lastOutcome: 'success',
        runs: 3,
        failures: 1,
      },
    ],
    cancel: (name: string) => {
      if (cancelled.length > 0) throw new Error('the store is away')
      cancelled.push(name)
      return true
    },
  }
  await watched({ control: true, scheduler }, async (screen) => {
    screen.press('\t')
    expect((await screen.until(/report/)).replaceAll(/ +/g, ' ')).toMatch(
      /^ report 0 2 \* \* \* scheduled in 1 min \d+ s success 3 1$/,
    )
    screen.press('c', 'y')
    await screen.until(/^cancelled the job report$/)
    screen.press('c', 'y')
    await screen.until(/^it failed: the store is away$/)
    expect(cancelled).toEqual(['report'])
  })
})

test('names cannot speak to the terminal, and no line is wider than it', () =>
  watched(
    { pools: { ['evil\x1b[2J\x07name']: { statistics: () => ({}) }, ['long'.repeat(50)]: { statistics: () => ({}) } } },
    async (screen) => {
      expect(await screen.until(/evil/)).toMatch(/^pool evil\ufffd?name/)
      expect(Math.max(...screen.lines().map((line) => line.length))).toBeLessThanOrEqual(screen.columns)
      expect(screen.lines().length).toBe(screen.rows)
    },
  ))

test('a pause stops the looks, and a process that has ended ends the view with an error', () =>
  run(async () => {
    const screen = new Screen()
    const shown = inspectable(getRunningLoop())
    const view = top(process.pid, screen, options)
    view.catch(() => {}) // a test that fails before the end says why itself
    await screen.until(/^Tasks/)
    screen.press(' ')
    await screen.until(/paused/)
    shown[Symbol.dispose]()
    await sleep(100)
    expect(screen.listening).toBe(true)
    screen.press(' ')
    await expect(view).rejects.toThrow('does not let itself be inspected')
    expect(screen.listening).toBe(false)
  }))

test('without a terminal the command prints what it sees, once', () =>
  run(async () => {
    using _shown = inspectable(getRunningLoop(), { pools: { images: { statistics: () => ({ workers: 1 }) } } })
    let said = ''
    const say = (text: string): void => {
      said += `${text}\n`
    }
    expect(await command(['top', String(process.pid)], say, say, null)).toBe(0)
    expect(said).toMatch(/^process \d+ /)
    expect(said).toContain('pool images: 1 workers')
    expect(said).toMatch(/Tasks \(1\), by id/)
    expect(said).toMatch(/Jobs \(0\)/)
    expect(await command(['top'], say, say, null)).toBe(2)
  }))
