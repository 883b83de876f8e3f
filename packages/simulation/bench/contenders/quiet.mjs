/** Real milliseconds of three hosts that do nothing but tick. Arguments: POINT. */
import { getRunningLoop, sleep } from '@loop/core'
import { simulate } from '@loop/simulation'
import { pointGiven } from '@loop/bench-kit/worker'

const { hours } = pointGiven()
let ticks = 0
async function tick() {
  const loop = getRunningLoop()
  const beat = () => {
    ticks++
    loop.callLater(1000, beat)
  }
  beat()
  await sleep(1e12)
}
const began = performance.now()
await simulate(async (world) => {
  for (const name of ['a', 'b', 'c']) world.host(name, tick)
  await sleep(hours * 3_600_000)
})
const ms = performance.now() - began
if (ticks < hours * 3600 * 3) throw new Error(`only ${ticks} ticks`)
console.log(JSON.stringify({ ms }))
