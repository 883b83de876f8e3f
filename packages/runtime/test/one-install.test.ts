import * as coreTesting from '@loop/core/testing'
import * as streams from '@loop/net/streams'
import * as sqlite from '@loop/scheduler/sqlite'
import * as schedulerTesting from '@loop/scheduler/testing'
import { expect, test } from 'vitest'

test('the sub-paths of the facade are those of the packages, the very same objects', async () => {
  expect({ ...(await import('../src/streams.ts')) }).toEqual({ ...streams })
  expect({ ...(await import('../src/sqlite.ts')) }).toEqual({ ...sqlite })
  expect({ ...(await import('../src/testing.ts')) }).toEqual({ ...coreTesting, ...schedulerTesting })
})
