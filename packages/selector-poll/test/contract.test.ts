import { EventLoop } from '@loop/core'
import type { TestPipe } from '@loop/core/testing'
import { loopSuite, memoryPipe, selectorSuite } from '@loop/core/testing'
import { describe, test } from 'vitest'
import { memoryDuplex, PollSelector } from '../src/index.ts'

/** The package's own pipe as the suite wants it. */
function duplexPipe(): TestPipe {
  const [writer, reader] = memoryDuplex({ capacity: 16 })
  return {
    reader,
    writer,
    write: () => {
      writer.write(new Uint8Array(1))
    },
    read: () => {
      reader.read()
    },
    fill: () => {
      writer.write(new Uint8Array(16))
    },
    end: () => {
      writer.end()
    },
    close: () => {
      writer.close()
      reader.close()
    },
  }
}

describe('the poll selector over sources that notify', () => {
  selectorSuite(test, () => new PollSelector())
})

describe('the poll selector over sources that can only be asked', () => {
  selectorSuite(test, () => new PollSelector(), { pipe: () => memoryPipe({ notifies: false }) })
})

describe('the poll selector over the duplex pipe', () => {
  selectorSuite(test, () => new PollSelector(), { pipe: duplexPipe })
})

describe('a loop on the poll selector', () => {
  loopSuite(test, () => new EventLoop({ selector: new PollSelector() }))
})
