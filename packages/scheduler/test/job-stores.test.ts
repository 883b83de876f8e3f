import { describe, test } from 'vitest'
import { MemoryStore } from '../src/index.ts'
import { jobStoreSuite } from '../src/testing/index.ts'
import { sqliteSuite } from './sqlite-suite.ts'

describe('memory', () => {
  jobStoreSuite({ test, make: () => new MemoryStore() })
})

describe('sqlite', () => {
  sqliteSuite(test)
})
