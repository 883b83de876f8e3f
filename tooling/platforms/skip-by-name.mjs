// Before each test: is it one of those that cannot hold on this system? Then it is skipped, with the reason.

import { beforeEach } from 'vitest'
import { nameOf, reasonFor } from './skips.mjs'

const system = process.env.LOOP_PLATFORM ?? (process.platform === 'win32' ? 'windows' : '')

beforeEach((context) => {
  const reason = reasonFor(system, context.task.file.filepath, nameOf(context.task))
  if (reason !== undefined) context.skip(reason)
})
