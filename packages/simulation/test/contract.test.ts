import { getRunningLoop } from '@loop/core'
import { streamSuite } from '@loop/core/testing'
import { describe, test } from 'vitest'
import { simulate } from '../src/index.ts'

describe('the streams of a simulated host', () => {
  streamSuite(test, async (body) => {
    await simulate(
      async () => {
        const loop = getRunningLoop()
        await body({ loop, streams: loop.selector.streams! })
        if (loop.selector.streams!.open().length > 0) throw new Error('sockets are left open')
      },
      { runs: 5, check: 'twice' },
    )
  })
})
