import { EventLoop } from '@loop/core'
import { loopSuite, MemorySelector, selectorSuite, VirtualClock } from '@loop/core/testing'
import { describe, test } from 'vitest'
import { debugLoop, defaultLoop, deterministicLoop } from '../src/index.ts'

const ignore = (): void => {}

describe('the default loop', () => {
  loopSuite(test, defaultLoop(), { skip: { io: 'without a candidate it watches no sources' } })
})

describe('the debug loop, over a loop in virtual time', () => {
  const virtualLoop = () => {
    const clock = new VirtualClock()
    return new EventLoop({ clock, selector: new MemorySelector(clock) })
  }
  loopSuite(test, debugLoop({ log: ignore, loopFactory: virtualLoop }))
})

describe('the debug loop, over the deterministic loop', () => {
  loopSuite(test, debugLoop({ log: ignore, loopFactory: deterministicLoop({ onFailure: ignore }) }))
})

describe('the deterministic loop', () => {
  loopSuite(test, deterministicLoop({ onFailure: ignore }))
})

describe('the deterministic loop under a seed', () => {
  const decided = 'the seed decides the order of equal deadlines'
  loopSuite(test, deterministicLoop({ seed: 1, onFailure: ignore }), {
    skip: {
      'equal deadlines run in the order of scheduling': decided,
      'a timer may be cancelled by a handle of the turn that runs it': decided,
    },
  })
})

describe('the selector of the deterministic loop', () => {
  selectorSuite(test, () => deterministicLoop()().selector, {
    skip: { 'a source without onReady is noticed': 'in virtual time there is no interval to ask again in' },
  })
})
