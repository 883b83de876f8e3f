import { streamSuite } from '@loop/core/testing'
import { describe, test } from 'vitest'
import { backends, onLoop } from './support.ts'

describe.each(backends)('the contract of streams on %s', (backend) => {
  streamSuite(test, (body) => onLoop(backend, body))
})
