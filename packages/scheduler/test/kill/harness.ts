/**
 * Several processes on one store, one of them killed with SIGKILL again and again at random moments, and an account of
 * what ran: every occurrence exactly once, or reported as missed.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What a child is told. */
export interface Plan {
  /** The file that events are written to. */
  readonly log: string
  readonly jobs: number
  /** How long each run takes, in milliseconds. */
  readonly workMs: number
  /** Milliseconds after the end until the children stop. */
  readonly settleMs: number
  readonly leaseMs: number
  /** Where the store is: a file or a URL. */
  readonly store: string
}

/** When the jobs run: epoch milliseconds of the first occurrence, and of the end. */
export interface Times {
  readonly start: number
  readonly end: number
}

/** Options of {@link killTest}. */
export interface KillTestOptions {
  /** The child's source file. */
  readonly program: string | URL
  /** The Node that runs it. */
  readonly node?: string
  readonly store: string
  readonly seconds: number
  readonly jobs?: number
  /** Milliseconds until a killed process's runs are taken over; 2,000 by default. */
  readonly leaseMs?: number
  /** How many processes there are; 2 by default. */
  readonly processes?: number
  /** How many are killed, one after the other; by default one every 4 to 8 seconds. */
  readonly kills?: number
  /** Called in the middle of the time, once: what else goes wrong. */
  readonly disturb?: () => Promise<void>
  /** Decides when whom to kill; printed, so that a failure can be looked at again. */
  readonly seed?: number
}

/** What happened. */
export interface Account {
  readonly occurrences: number
  /** Names of those that neither ran nor were reported as missed. */
  readonly lost: readonly string[]
  /** Names of those that ended more than once although nobody was killed during them. */
  readonly doubled: readonly string[]
  /**
   * Killed after the work was done and before that was stored, and so done again: at least once is what any store can
   * promise.
   */
  readonly repeated: number
  readonly missed: number
  /** Runs that were begun again after a kill. */
  readonly takenOver: number
  readonly kills: number
  readonly seed: number
  /**
   * Milliseconds from an occurrence's time to the begin of its run, of first attempts: median, 99th percentile, most.
   */
  readonly late: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** Milliseconds; short, so that the test sees leases being taken over. */
const LEASE_MS = 2000
/** Milliseconds that a registration may take on a busy machine. */
const REGISTER_MS = 5

/** Runs the test and gives the account. */
export async function killTest(options: KillTestOptions): Promise<Account> {
  const {
    program,
    node = process.execPath,
    store,
    seconds,
    jobs = 10,
    leaseMs = LEASE_MS,
    processes = 2,
    disturb,
    seed = Date.now() % 100_000,
  } = options
  const folder = mkdtempSync(join(tmpdir(), 'loop-kill-'))
  const script = await bundle(program)
  const plan: Plan = {
    log: join(folder, 'log'),
    jobs,
    workMs: 200,
    // What was killed last is taken over after a lease time, and all that waited for it runs then.
    settleMs: leaseMs * 1.5 + 5000,
    leaseMs,
    store,
  }
  const random = mulberry32(seed)
  const killed = new Set<number>()
  const children: Process[] = Array.from({ length: processes }, () => startChild(node, script, plan))
  await Promise.all(children.map(({ up }) => up))
  // Time for the children to register their jobs, which takes a database milliseconds each.
  const start = Math.ceil((Date.now() + 2000 + REGISTER_MS * processes * jobs) / 1000) * 1000
  const times: Times = { start, end: start + seconds * 1000 }
  for (const each of children) each.tell(times)
  const until = (time: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, time - Date.now())))
  const disturbed = disturb === undefined ? null : until((times.start + times.end) / 2).then(disturb)
  const pause =
    options.kills === undefined
      ? () => 4000 + random() * 4000
      : () => ((seconds * 1000) / (options.kills! + 1)) * (0.9 + 0.2 * random())
  let next = options.kills === undefined ? start + 1500 + random() * 2000 : start + pause() * random()
  for (; next < times.end - 1000 && killed.size < (options.kills ?? Infinity); next += pause()) {
    await until(next)
    const victim = Math.floor(random() * processes)
    children[victim]!.process.kill('SIGKILL')
    await children[victim]!.ended
    killed.add(children[victim]!.process.pid!)
    const replacement = (children[victim] = startChild(node, script, plan))
    void replacement.up.then(() => {
      replacement.tell(times)
    })
  }
  await disturbed
  const codes = await Promise.all(children.map(({ ended }) => ended))
  const log = readFileSync(plan.log, 'utf8').trim().split('\n')
  rmSync(folder, { recursive: true })
  if (codes.some((code) => code !== 0))
    throw new Error(
      `a process that was not killed ended with ${codes.join(', ')}:\n${children.map(({ output }) => output()).join('\n')}`,
    )
  return { ...accountOf(plan, times, log, killed), kills: killed.size, seed }
}

/** Compares the log with what should have run. */
function accountOf(
  { jobs }: Plan,
  { start, end }: Times,
  log: readonly string[],
  killed: ReadonlySet<number>,
): Omit<Account, 'kills' | 'seed'> {
  const ends = new Map<string, number[]>()
  const missed: { name: string; first: number; last: number }[] = []
  const late: number[] = []
  let takenOver = 0
  for (const line of log) {
    const [what, key, a, b, at] = line.split(' ') as [string, string, string, string, string]
    if (what === 'begin' && a === '1') late.push(Number(at) - Number(key.split('@')[1]))
    if (what === 'end') ends.set(key, [...(ends.get(key) ?? []), Number(b)])
    else if (what === 'begin' && Number(a) > 1) takenOver++
    else if (what === 'missed') missed.push({ name: key, first: Number(a), last: Number(b) })
  }
  const lost: string[] = []
  const doubled: string[] = []
  let repeated = 0
  let known = 0
  let occurrences = 0
  for (let job = 0; job < jobs; job++) {
    for (let time = start; time < end; time += 1000) {
      occurrences++
      const key = `job-${job}@${time}`
      const pids = ends.get(key) ?? []
      if (pids.length === 0) {
        if (missed.some(({ name, first, last }) => name === `job-${job}` && first <= time && time <= last)) known++
        else lost.push(key)
      } else if (pids.length > 1) {
        if (pids.slice(0, -1).every((pid) => killed.has(pid))) repeated++
        else doubled.push(key)
      }
    }
  }
  late.sort((a, b) => a - b)
  const rank = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? NaN
  return {
    occurrences,
    lost,
    doubled,
    repeated,
    missed: known,
    takenOver,
    late: { p50: rank(0.5), p99: rank(0.99), max: rank(1) },
  }
}

interface Process {
  readonly process: ChildProcess
  /** Done when it has opened the store, or ended. */
  readonly up: Promise<unknown>
  readonly ended: Promise<number | null>
  tell(times: Times): void
  output(): string
}

function startChild(node: string, script: string, plan: Plan): Process {
  const child = spawn(node, [script, JSON.stringify(plan)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  // Written to after it was killed, perhaps.
  child.stdin.on('error', () => {})
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const up = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('up\n')) resolve()
      })
    }
  })
  return {
    process: child,
    up: Promise.race([up, ended]),
    ended,
    tell: (times) => child.stdin.write(`${JSON.stringify(times)}\n`),
    output: () => output,
  }
}

/** Makes one script of a program in TypeScript; it lies where the packages that are not part of it are found. */
export async function bundle(program: string | URL): Promise<string> {
  const entry = program instanceof URL ? fileURLToPath(program) : program
  const folder = join(entry.slice(0, entry.lastIndexOf('/test/')), 'node_modules', '.bundles')
  const outfile = join(folder, `${entry.slice(entry.lastIndexOf('/test/') + 6).replace(/[^\w]+/g, '-')}.mjs`)
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@loop/source'],
    external: ['libsql', 'pg-boss'],
    logLevel: 'error',
  })
  return outfile
}

/** A small generator of random numbers with a seed, by Tommy Ettinger; public domain. */
function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
