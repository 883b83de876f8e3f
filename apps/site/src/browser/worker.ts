/** Runs one program of the playground, in a worker of its own: one that never ends is ended with its worker. */
import * as core from '@loop/core'
import * as policy from '@loop/policy'
import * as scheduler from '@loop/scheduler'
import * as sync from '@loop/sync'
import { inspect } from './node.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { Recorder } from './recorder.ts'
import { withoutImports } from './without-imports.ts'

/** A few lines at a time keep the page quick. */
const LINES = 2_000

let printed = 0
const say = (message: FromWorker): void => {
  self.postMessage(message)
}
function print(error: boolean, values: readonly unknown[]): void {
  if (++printed > LINES) return
  const text = values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ')
  say({ kind: 'print', text: printed === LINES ? '… more is not shown' : text, ...(error ? { error } : {}) })
}
console.log = (...values: unknown[]) => {
  print(false, values)
}
console.error = console.warn = (...values: unknown[]) => {
  print(true, values)
}

let recorder: Recorder | undefined
/** Every loop of the program is watched: the first one is what is shown. */
const watched = (loopFactory: core.LoopFactory = () => new core.EventLoop({ attribution: 'handle' })) => {
  return () => {
    const loop = loopFactory()
    recorder ??= new Recorder(loop)
    return loop
  }
}
const run: typeof core.run = (main, options = {}) =>
  core.run(main, { ...options, loopFactory: watched(options.loopFactory) })

const modules: Record<string, object> = {
  '@loop/core': { ...core, run },
  '@loop/policy': policy,
  '@loop/scheduler': scheduler,
  '@loop/sync': sync,
}
modules['@loop/runtime'] = Object.assign({}, ...Object.values(modules), { run }) as object

function use(name: string): object {
  const module = modules[name]
  if (module === undefined) {
    throw new Error(`the playground has ${Object.keys(modules).join(', ')}, but not ${name}`)
  }
  return module
}

async function start(code: string): Promise<void> {
  let failed = false
  try {
    const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (use: unknown) => Promise<void>
    await new AsyncFunction('use', withoutImports(code))(use)
  } catch (error) {
    failed = true
    print(true, [error instanceof Error ? `${error.name}: ${error.message}` : error])
  }
  say({ kind: 'moments', moments: recorder?.moments ?? [] })
  say({ kind: 'end', failed })
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  void start(data.code)
}
