import { describe, test } from 'vitest'
import { EventLoop } from '../src/index.ts'
import { HostSelector } from '../src/lowlevel.ts'
import { loopSuite, MemorySelector, selectorSuite, VirtualClock } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const NO_SOURCES = {
  'a token is registered once': 'watches no sources',
  'a source is registered once': 'watches no sources',
  'unregister says whether there was anything': 'watches no sources',
  'source and token are free again after unregister': 'watches no sources',
  'what is registered can be listed': 'watches no sources',
  readiness: 'watches no sources',
  poll: 'watches no sources',
}

describe('HostSelector keeps the contract', () => {
  selectorSuite(test, () => new HostSelector(), { skip: NO_SOURCES })
})

describe('MemorySelector keeps the contract', () => {
  selectorSuite(test, () => new MemorySelector(new VirtualClock()), {
    skip: { 'a source without onReady is noticed': 'in virtual time there is no interval to ask again in' },
  })
})

describe('the loop on the host', () => {
  loopSuite(test, () => new EventLoop(), { skip: { io: 'the host selector watches no sources' } })
})

describe('the loop in virtual time', () => {
  loopSuite(test, virtualLoop)
})

describe('the loop with the public drain', () => {
  loopSuite(test, () => virtualLoop({ drain: 'public' }))
})

describe('the loop with one turn at a time', () => {
  loopSuite(test, () => virtualLoop({ budgetMs: 0 }))
})

describe('the loop that knows tasks by their async context', () => {
  loopSuite(test, () => virtualLoop({ attribution: 'async-context' }))
})
