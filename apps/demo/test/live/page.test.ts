import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, figure, launch, moves, open, overflow, press } from './browser.ts'
import { FAINT_TEXTS, LUMINANCE_OF_BODY } from './contrast.ts'
import { buildPage } from './page-build.ts'
import { RunningService, settings } from './running-service.ts'

const missing =
  chromiumPath === undefined ? ' (skipped: Chromium is not installed, npm test installs it where root has apt-get)' : ''

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
      'turn-rate',
      'turn-rate-total',
      'handle-rate',
      'handle-rate-total',
      'ready-total',
      'timers',
      'timers-total',
      'busy',
      'lag-p99',
      'lag-1',
      'events',
      'threads-done',
      'processes-done',
      'runs-pulse',
      'runs-flaky',
      'failures-flaky',
      'next-primes',
      'messages',
      'round-trip',
    ]
    for (const name of moving) await moves(page, name)
    const known = await service.snapshot()
    expect(await figure(page, 'selector')).toBe(known.selector.name)
    expect(await figure(page, 'connections')).toBe(String(known.echo.connections))
    expect(await page.locator('#selector [data-row]').count()).toBe(Math.min(12, known.selector.descriptors.length))
    expect(await page.locator('#tasks .task').allInnerTexts()).toEqual(
      expect.arrayContaining(['service', 'echo clients', 'bookkeeper', 'client 1', 'client 2']),
    )
    expect(await page.locator('.chart canvas').count()).toBe(5)
    expect(await page.locator('.chart').first().getAttribute('aria-label')).toMatch(
      /^Turns a second over the last two minutes: from .+ to .+$/,
    )
    expect(complaints).toEqual([])
    await page.close()
  })

  test('the button that blocks the loop brings a slow callback with its name and stack, and late timers', async () => {
    const { page, complaints } = await open(browser, service.address)
    const slow = await figure(page, 'slow')
    expect(await press(page, 'block')).toMatch(/The loop was blocked for [5-9]\d\d ms\.$/)
    await moves(page, 'slow', slow)
    // A timer was some 400 ms late; on a busy machine more.
    await page
      .locator('#lag li', { has: page.locator('.bar.late:visible') })
      .first()
      .waitFor()
    const entry = page.locator('#slow details', { hasText: 'blockTheLoop' })
    // A machine so busy that no sample fitted into the block: once more.
    while ((await entry.count()) === 0) {
      await press(page, 'block')
      await page.waitForTimeout(500)
    }
    await entry.first().locator('summary').press('Enter')
    await page.locator('#slow pre', { hasText: 'at blockTheLoop' }).first().waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('the button for 10,000 tasks shows them in the ready queue', async () => {
    const { page, complaints } = await open(browser, service.address)
    const handles = await figure(page, 'handle-rate-total')
    const pressed = press(page, 'burst')
    // The number itself stands only until the next snapshot; its chart keeps it.
    await page.getByRole('img', { name: /^Ready queue over the last two minutes: from .+ to 10,0\d\d$/ }).waitFor()
    expect(await pressed).toMatch(/10,000 tasks ended after \d+ ms; the ready queue held 10,0\d\d\.$/)
    await moves(page, 'handle-rate-total', handles)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('the button for heavy work shows a busy worker, and the loop goes on', async () => {
    const { page, complaints } = await open(browser, service.address)
    const turns = await figure(page, 'turn-rate-total')
    const pressed = press(page, 'heavy')
    await page.locator('[data-pool=threads] .place.busy').first().waitFor()
    await page.locator('[data-action=heavy][aria-disabled=true]').waitFor()
    await moves(page, 'turn-rate-total', turns)
    expect(await pressed).toMatch(
      /283,146 primes below 4,000,000 in [\d.]+ s; the loop made [1-9][\d,]* turns meanwhile\.$/,
    )
    await page.locator('[data-action=heavy][aria-disabled=false]').waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a job is cancelled by its button, and SIGHUP brings it back; an error is shown', async () => {
    const { page, complaints } = await open(browser, service.address)
    await page.locator('[data-row=hourly]').waitFor()
    expect(await press(page, 'cancel-hourly')).toMatch(/The job hourly was cancelled\./)
    await page.locator('[data-row=hourly]').waitFor({ state: 'detached' })
    const version = await figure(page, 'version')
    expect(await press(page, 'hangup')).toMatch(/SIGHUP: the configuration was reloaded; it is version \d+ now\.$/)
    await moves(page, 'version', version)
    await page.locator('[data-row=hourly]').waitFor()
    expect(complaints).toEqual([])

    service.configure('{ "echoClients": -1 }')
    expect(await press(page, 'hangup')).toMatch(
      /Failed\. ActionInputError: .*"echoClients" is a whole number from 0 to 100, not -1$/,
    )
    await page.locator('.problem', { hasText: 'The last reload failed, these settings stay' }).waitFor()
    service.configure(JSON.stringify({ ...settings, echoClients: 3 }))
    await press(page, 'hangup')
    await page.locator('[data-figure=connections]', { hasText: /^3$/ }).waitFor()
    await page.locator('.problem').waitFor({ state: 'detached' })
    // The refusal itself: Chromium notes answers of 400 and more by itself.
    expect(complaints).toEqual([expect.stringContaining('422')])
    await page.close()
  })

  test.each(['light', 'dark'] as const)(
    'it is %s when the system is, and every text stands out from its ground',
    async (colorScheme) => {
      const { page, complaints } = await open(browser, service.address, { colorScheme })
      const luminance = await page.evaluate<number>(LUMINANCE_OF_BODY)
      expect(luminance > 0.5 ? 'light' : 'dark').toBe(colorScheme)
      await page.locator('#jobs tbody tr').first().waitFor()
      expect(await page.evaluate<string[]>(FAINT_TEXTS)).toEqual([])
      expect(complaints).toEqual([])
      await page.close()
    },
  )

  test('columns of the jobs keep their places while figures change', async () => {
    const { page, complaints } = await open(browser, service.address)
    const edges = () =>
      page.evaluate<number[]>(
        `[...document.querySelectorAll('#jobs th, #jobs tbody tr')].map((each) => each.getBoundingClientRect()).flatMap(({ x, height }) => [x, height])`,
      )
    await page.locator('[data-row=flaky]').waitFor()
    const before = await edges()
    const failures = await figure(page, 'failures-flaky')
    await moves(page, 'failures-flaky', failures)
    expect(await edges()).toEqual(before)
    expect(await page.locator('.axis').first().innerText()).toMatch(/ ago\s+now$/)
    expect(complaints).toEqual([])
    await page.close()
  })

  test.each([375, 768, 1280])('at %i pixels nothing has to be scrolled sideways', async (width) => {
    const { page, complaints } = await open(browser, service.address, { width })
    await page.locator('#jobs tbody tr').first().waitFor()
    await press(page, 'block')
    await page.locator('#slow li').first().waitFor()
    // Four screens of a phone, and what other systems' fonts and a busy machine's slow callbacks add.
    if (width === 375) {
      const height = await page.evaluate<number>('document.documentElement.scrollHeight')
      expect(height).toBeLessThan(3400)
    }
    if ((await page.locator('#slow summary').count()) > 0) await page.locator('#slow summary').first().click()
    expect(await overflow(page)).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a service that stands still is told from one that is gone', async () => {
    const { page, complaints } = await open(browser, service.address)
    service.program.kill('SIGSTOP')
    await page
      .locator('[data-link=silent]', {
        hasText: 'Connected, but nothing comes: the loop is blocked. What you see is from',
      })
      .waitFor()
    service.program.kill('SIGCONT')
    await page.locator('[data-link=live]').waitFor()
    await moves(page, 'turn-rate-total')
    expect(complaints).toEqual([])
    await page.close()
  })

  test('everything that can be done is reached and done by keyboard, and has a name', async () => {
    const { page, complaints } = await open(browser, service.address)
    await page.locator('[data-action=cancel-nightly]').waitFor()
    // It runs once, some seconds after the start; a job that is over has no button.
    await page.locator('[data-row=warm-up]', { hasText: 'finished' }).waitFor()
    expect(await page.locator('[data-action=cancel-warm-up]').count()).toBe(0)
    const names: string[] = []
    const wanted = await page.locator('button').count()
    for (let step = 0; step < wanted; step++) {
      await page.keyboard.press('Tab')
      names.push(await page.evaluate<string>('document.activeElement.textContent'))
    }
    expect(names.map((name) => name.replace(/(a slow|the ready|a busy|the conf).*/, ''))).toEqual([
      'Block the loop for 500 ms',
      'Start 10,000 tasks',
      'Count primes in a thread',
      'Send SIGHUP',
      ...(await service.snapshot()).jobs
        .filter(({ state }) => state !== 'finished')
        .map(({ name }) => `Cancel the job ${name}`),
    ])
    await page.locator('[data-action=cancel-nightly]').focus()
    await page.keyboard.press('Space')
    await page.locator('[data-row=nightly]').waitFor({ state: 'detached' })
    expect(await page.locator('[role=status]').count()).toBe(1)
    expect(complaints).toEqual([])
    await page.close()
  })
})

describe.skipIf(chromiumPath === undefined)(`a restart, in Chromium${missing}`, { timeout: 120_000 }, () => {
  test('the page says that the service is gone, finds the next one by itself, and says that it is another', async () => {
    using built = await buildPage()
    await using browser = await launch()
    let port: string
    {
      await using first = await RunningService.start(built.folder)
      port = new URL(first.address).port
      const { page } = await open(browser, first.address)
      first.program.kill('SIGTERM')
      await page
        .locator('[data-link=lost]', { hasText: 'Connection lost, trying again. What you see is from' })
        .waitFor()
      // While it drains it may still answer on a connection that it has kept.
      await first.program.end()
      await page.locator('[data-action=burst]').click()
      await page.locator('[data-outcome]', { hasText: 'Failed. The service did not answer.' }).waitFor()
    }
    await using second = await RunningService.start(built.folder, '--port', port)
    const page = browser.contexts()[0]!.pages()[0]!
    await page.locator('[data-link=live]', { hasText: 'the service was restarted at' }).waitFor({ timeout: 60_000 })
    await page.locator('main', { hasText: 'pulse' }).waitFor()
    expect(await page.locator('.aside').first().innerText()).toContain(`process ${second.program.process.pid}`)
    await moves(page, 'turn-rate-total')
  })
})
