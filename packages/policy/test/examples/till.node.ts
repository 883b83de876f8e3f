import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gather } from '@loop/core'
import { explore } from '@loop/policy'
import { Lock } from '@loop/sync'
import { Till } from './till.ts'

test('no order of events loses money', () =>
  explore(async () => {
    const [till, lock] = [new Till(), new Lock()]
    const sale = () => lock.with(() => till.add(5))
    await gather([sale, sale, sale])
    assert.equal(till.amount, 15)
  }))
