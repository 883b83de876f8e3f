/** The ready queue beside queues from npm: fill with 1,000 items and drain, nothing allocated for them. */
import Denque from 'denque'
import fastq from 'fastq'
import YoctoQueue from 'yocto-queue'
import { ReadyQueue } from '@loop/core/lowlevel'
import { work } from '@loop/bench-kit/worker'
import { ITEMS as ALL } from '../sizes.mjs'

const ITEMS = 1000
const FILLS = ALL / ITEMS
const item = {}

const fill = (push, shift) => () => {
  for (let fills = 0; fills < FILLS; fills++) {
    for (let i = 0; i < ITEMS; i++) push(item)
    for (let i = 0; i < ITEMS; i++) shift()
  }
}

const ready = new ReadyQueue()
const denque = new Denque()
const yocto = new YoctoQueue()

/** fastq has no shift: it calls its worker, which is what is timed. */
const viaFastq = () =>
  new Promise((resolve) => {
    let left = ITEMS * FILLS
    const queue = fastq((_item, done) => {
      if (--left === 0) resolve()
      queueMicrotask(done) // done at once would recurse a million deep
    }, 1)
    queue.pause()
    for (let i = 0; i < ITEMS * FILLS; i++) queue.push(item, () => {})
    queue.resume()
  })

await work({
  'queue:ReadyQueue': {
    operations: ITEMS * FILLS,
    run: fill(
      (x) => ready.push(x),
      () => ready.shift(),
    ),
  },
  'queue:denque': {
    operations: ITEMS * FILLS,
    run: fill(
      (x) => denque.push(x),
      () => denque.shift(),
    ),
  },
  'queue:yocto-queue': {
    operations: ITEMS * FILLS,
    run: fill(
      (x) => yocto.enqueue(x),
      () => yocto.dequeue(),
    ),
  },
  'queue:fastq': { operations: ITEMS * FILLS, repeats: 3, run: viaFastq },
})
