import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, figure, launch, moves, open, press } from './browser.ts'
import { buildPage } from './page-build.ts'
import { RunningService, settings } from './running-service.ts'

const missing = chromiumPath === undefined ? ' (skipped: Chromium is not installed, npm test installs it where root has apt-get)' : ''

describe.skipIf(chromiumPath === undefined)(`the live view in Chromium${missing}`, { timeout: 120_000 }, () => {
  let built: Awaited<ReturnType<typeof buildPage>>
  let browser: Browser
  let service: RunningService

  beforeAll(async () => {
    built = await buildPage()
    browser = await launch()
    service = await RunningService.start(built.folder)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await service?.[Symbol.asyncDispose]()
    built?.[Symbol.dispose]()
  })

  test('every number that should move does, and nothing complains', async () => {
    const { page, complaints } = await open(browser, service.address)
    const moving = [
      'turn-rate', 'turn-rate-total', 'handle-rate', 'handle-rate-total', 'ready-total', 'timers', 'timers-total', 'busy', 'lag-p99',
      'events', 'threads-done', 'processes-done', 'runs-pulse', 'runs-flaky', 'failures-flaky', 'next-primes', 'messages', 'round-trip',
    ]
    for (const name of moving) await moves(page, name)
    const known = await service.snapshot()
    expect(await figure(page, 'selector')).toBe(known.selector.name)
    expect(complaints).toEqual([])
    await page.close()
  })
})

void settings
