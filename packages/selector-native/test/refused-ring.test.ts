import { afterEach, describe, expect, test } from 'vitest'
import type { NativeBinding } from '../src/binding.ts'
import { loadBinding } from '../src/binding.ts'
import { errnoOf } from '../src/errors.ts'
import { NativeSelector, SystemError } from '../src/index.ts'
import { churn } from './churn.ts'
import { backends, onLoop } from './support.ts'

const binding = loadBinding() as NativeBinding
const linux = !(binding instanceof Error) && binding.backends.includes('io_uring')

describe.runIf(linux)('where the kernel refuses io_uring', () => {
  afterEach(() => {
    binding.refuseRings(0)
  })

  // Containers' filters answer EPERM, kernels built without it ENOSYS, and locked memory may be short.
  test.each(['EPERM', 'ENOSYS', 'ENOMEM'])('%s: epoll is used without a word, and says why', (code) => {
    binding.refuseRings(errnoOf(code)!)
    const selector = new NativeSelector({ backend: 'io_uring' })
    expect(selector.name).toBe('epoll')
    expect(selector.refusal).toBeInstanceOf(SystemError)
    expect(selector.refusal).toMatchObject({ code, syscall: 'io_uring_setup', errno: errnoOf(code) })
    selector.close()
  })

  test('connections are carried all the same', async () => {
    binding.refuseRings(errnoOf('EPERM')!)
    await onLoop('io_uring', async ({ loop, selector, streams }) => {
      expect(selector.name).toBe('epoll')
      await churn(loop, streams, 100)
    })
  })

  test('other selectors are not concerned', () => {
    binding.refuseRings(errnoOf('EPERM')!)
    for (const backend of backends.filter((name) => name !== 'io_uring')) {
      const selector = new NativeSelector({ backend })
      expect([selector.name, selector.refusal]).toEqual([backend, undefined])
      selector.close()
    }
  })

  test.runIf(backends.includes('io_uring'))('a later selector asks the kernel again', () => {
    binding.refuseRings(errnoOf('EPERM')!)
    new NativeSelector({ backend: 'io_uring' }).close()
    binding.refuseRings(0)
    const selector = new NativeSelector({ backend: 'io_uring' })
    expect([selector.name, selector.refusal]).toEqual(['io_uring', undefined])
    selector.close()
  })
})
