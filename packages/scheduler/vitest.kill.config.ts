import { defineConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

/** The minute-long test with killed processes, which is no part of the everyday tests. */
export default defineConfig({ ...shared, test: { ...shared.test, include: ['test/kill/minute.ts'], testTimeout: 180_000 } })
