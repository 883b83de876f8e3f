import { describe, test } from 'vitest'
import { EventLoop } from '@loop/core'
import { loopSuite, selectorSuite } from '@loop/core/testing'
import { NativeSelector } from '../src/index.ts'
import { backends, systemPipe, unavailable } from './support.ts'

const WITHOUT_LOOK = 'libuv reports when it polls; it cannot be asked in between'

for (const backend of backends) {
  describe(`NativeSelector on ${backend} keeps the contract`, () => {
    selectorSuite(test, () => new NativeSelector({ backend }), {
      pipe: systemPipe,
      skip:
        backend === 'uv'
          ? {
              'poll answers at once with what is ready': WITHOUT_LOOK,
              'poll between two waits takes nothing from the next': WITHOUT_LOOK,
            }
          : {},
    })
  })

  describe(`the loop on ${backend}`, () => {
    loopSuite(test, () => new EventLoop({ selector: new NativeSelector({ backend }) }), { pipe: systemPipe })
  })
}

for (const { backend, reason } of unavailable) test.skip(`${backend} (${reason})`, () => {})
