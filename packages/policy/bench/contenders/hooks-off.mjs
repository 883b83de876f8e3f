/**
 * What the debug loop's hooks cost when they are off: core's callSoon benchmark on two loops in turn, one of which has
 * had an observer that was taken off again. Prints the cost in per cent. Arguments: POINT.
 */
import { EventLoop } from '@loop/core'
import { callSoonBatch, nothing, WARM_UP } from '@loop/bench-kit/call-soon'
import { median } from '@loop/bench-kit/statistics'
import { pointGiven } from '@loop/bench-kit/worker'

const { batches } = pointGiven()

const plain = new EventLoop()
const hooked = new EventLoop()
hooked.addObserver({ scheduled: nothing, turnEnded: nothing })[Symbol.dispose]()

const ratios = []
for (let batch = 0; batch < WARM_UP + batches; batch++) {
  const order = batch % 2 === 0 ? [plain, hooked] : [hooked, plain]
  const taken = new Map()
  for (const loop of order) taken.set(loop, await callSoonBatch(loop))
  if (batch >= WARM_UP) ratios.push(taken.get(hooked) / taken.get(plain))
}
plain.close()
hooked.close()
console.log(JSON.stringify({ percent: (median(ratios) - 1) * 100 }))
