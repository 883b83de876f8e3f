/**
 * What the monitor costs the callSoon benchmark of core. One process, one loop a variant, a batch on each in turn: what
 * disturbs the machine for longer than a batch disturbs all of them. A round's ratio is between neighbouring batches.
 * The monitors' threads run all the time; what they use is in idle.mjs. Prints what the last variant named costs.
 *
 *     overhead.mjs VARIANT ... POINT
 */
import { EventLoop } from '@loop/core'
import { LoopMonitor } from '@loop/monitor'
import { callSoonBatch, WARM_UP } from '@loop/bench-kit/call-soon'
import { median } from '@loop/bench-kit/statistics'
import { pointGiven } from '@loop/bench-kit/worker'

const { batches } = pointGiven()

const variants = {
  'bare loop': null,
  monitor: { threshold: 200 },
  'monitor and watchdog': { threshold: 200, stacks: true },
  'monitor with run times': { threshold: 200, runTimes: true },
}

const quiet = { onBlocked() {} }
/** Names of those that take part, besides the bare loop. */
const taking = ['bare loop', ...process.argv.slice(2, -1)]
const entries = taking.map((name) => {
  const options = variants[name]
  const loop = new EventLoop()
  return { name, loop, monitor: options === null ? null : new LoopMonitor({ ...options, ...quiet }).start(loop) }
})

const rounds = []
for (let round = 0; round < WARM_UP + batches; round++) {
  const result = {}
  // Another one begins each round, so that no variant always follows the same one.
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[(i + round) % entries.length]
    result[entry.name] = await callSoonBatch(entry.loop)
  }
  if (round >= WARM_UP) rounds.push(result)
}
for (const { loop, monitor } of entries) {
  monitor?.stop()
  loop.close()
}
const last = taking.at(-1)
const cost = (base) => (median(rounds.map((round) => round[last] / round[base])) - 1) * 100
console.log(
  JSON.stringify({
    percent: cost('bare loop'),
    ...(taking.length > 2 ? { more: cost(taking[1]) } : {}),
    ns: median(rounds.map((round) => round[last])),
  }),
)
