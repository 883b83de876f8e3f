import { BEATING, DUE, SAMPLING, STOOD_SHARE, STOOD_TICKS, TICKS, TICKS_PER_THRESHOLD } from './shared-clock.ts'

/** How long one sample watches, in milliseconds: some twenty looks at the stack. */
const SAMPLE_MS = 20
/** Microseconds between two looks: V8's default. */
const LOOK_EVERY_US = 1000
/** Milliseconds between two samples: a loop that is blocked over and over is not slowed further for the same answer. */
const REST_MS = 1000

/**
 * The program of the monitor's thread: it advances the clock and, with `stacks`, watches for a late heartbeat.
 *
 * The stack is taken with V8's sampling profiler, not with the debugger. The debugger would stop the program until this
 * thread lets it go on, and a thread that dies in between would leave it stopped for ever; the profiler never stops it.
 * It is attached only while a sample is taken, and the program is blocked then anyway.
 *
 * It is a string, because a worker made from it needs neither a second file in the build nor a loader for the sources.
 */
export const threadSource = `
'use strict'
const { workerData } = require('node:worker_threads')
const process = require('node:process')
const { clock, tick, port } = workerData
let lived = 0
let last = performance.now()
let used = cpuTime()
let restUntil = 0

setInterval(() => {
  const now = performance.now()
  const usedNow = cpuTime()
  const passed = now - last
  const stood = passed > ${STOOD_TICKS} * tick && usedNow - used < tick + ${STOOD_SHARE} * passed
  lived += stood ? tick : passed
  last = now
  used = usedNow
  const ticks = Math.floor(lived / tick) | 0
  Atomics.store(clock, ${TICKS}, ticks)
  if (port !== undefined && isBlocked(ticks)) sample()
}, tick)

function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function isBlocked(ticks) {
  if (Atomics.load(clock, ${BEATING}) === 0 || Atomics.load(clock, ${SAMPLING}) === 1) return false
  return ((ticks - Atomics.load(clock, ${DUE})) | 0) >= ${TICKS_PER_THRESHOLD} && performance.now() >= restUntil
}

async function sample() {
  Atomics.store(clock, ${SAMPLING}, 1)
  let nodes = null
  try {
    nodes = await profile()
  } catch {
    // No inspector here, or somebody else profiles: the report comes without a stack.
  }
  restUntil = performance.now() + ${REST_MS}
  port.postMessage(nodes)
  Atomics.store(clock, ${SAMPLING}, 0)
}

async function profile() {
  const { Session } = require('node:inspector')
  const session = new Session()
  session.connectToMainThread()
  const post = (method, params) =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error, result) => (error ? reject(error) : resolve(result)))
    })
  try {
    await post('Profiler.enable')
    await post('Profiler.setSamplingInterval', { interval: ${LOOK_EVERY_US} })
    await post('Profiler.start')
    await new Promise((resolve) => setTimeout(resolve, ${SAMPLE_MS}))
    return (await post('Profiler.stop')).profile.nodes
  } finally {
    session.disconnect()
  }
}
`
