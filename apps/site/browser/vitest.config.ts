import { mergeConfig } from 'vitest/config'
import shared from '../../../vitest.shared.ts'

/** The tests of the built site: they take longer than the others, and run by themselves (`npm run test:site`). */
export default mergeConfig(shared, { test: { include: ['*.test.ts'], hookTimeout: 120_000 } })
