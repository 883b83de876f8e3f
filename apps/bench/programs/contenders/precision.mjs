/**
 * How late timers run that nothing else keeps from running: precision.mjs default|native|setTimeout POINT. All are
 * scheduled at once, for random times within a second; lateness in microseconds.
 */
import { EventLoop } from '@loop/core'
import { NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'
import { pointGiven } from '@loop/bench-kit/worker'

const { timers: TIMERS } = pointGiven()
const WITHIN_MS = 1000
const late = []

const percentile = (sorted, p) => sorted[Math.floor((sorted.length - 1) * p)]

function report(cpu) {
  late.sort((a, b) => a - b)
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    JSON.stringify({
      p50: percentile(late, 0.5) * 1000,
      p99: percentile(late, 0.99) * 1000,
      cpu: (user + system) / 10 / WITHIN_MS,
    }),
  )
  process.exit(0)
}

/** @param {(ms: number, callback: () => void) => unknown} schedule */
function all(schedule, done) {
  const cpu = process.cpuUsage()
  for (let i = 0; i < TIMERS; i++) {
    const ms = 20 + Math.random() * WITHIN_MS
    const due = performance.now() + ms
    schedule(ms, () => {
      late.push(performance.now() - due)
      if (late.length === TIMERS) done(cpu)
    })
  }
}

const kind = process.argv[2]
if (kind === 'setTimeout') all((ms, callback) => setTimeout(callback, ms), report)
else {
  const loop = new EventLoop({ selector: kind === 'native' ? new NativeSelector() : new PollSelector() })
  loop.callSoon(() => all((ms, callback) => loop.callLater(ms, callback), report))
  await loop.runForever()
}
