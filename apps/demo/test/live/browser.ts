import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { findChromium } from '../../../../tooling/bootstrap/chromium.mjs'

/** The path of Chromium; undefined when it is not installed, and the page cannot be tested. */
export const chromiumPath: string | undefined = findChromium()

/** Starts it. Its own sandbox does not work for root, who runs tests in containers; the pages are ours. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

/**
 * A page of the service, with everything that its console had to complain about, and every request that left the
 * machine.
 */
export interface WatchedPage {
  readonly page: Page
  readonly complaints: string[]
}

/** How the browser presents itself. */
export interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

/** Opens the page and waits until it is live. */
export async function open(
  browser: Browser,
  address: string,
  { colorScheme = 'light', width = 1280, height = 900 }: Look = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height }, deviceScaleFactor: 1 })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(address)) complaints.push(`asked for ${request.url()}`)
  })
  await page.goto(address)
  await page.locator('[data-link=live]').waitFor()
  return { page, complaints }
}

/** The text of a figure. */
export const figure = (page: Page, name: string): Promise<string> =>
  page.locator(`[data-figure="${name}"]`).first().innerText()

/** Waits until a figure has another text than `before`, which is what it has now by default; gives the new text. */
export async function moves(page: Page, name: string, before?: string): Promise<string> {
  const old = before ?? (await figure(page, name))
  for (;;) {
    const now = await figure(page, name)
    if (now !== old) return now
    await page.waitForTimeout(50)
  }
}

/** How much wider the page is than its window, in CSS pixels: 0 when nothing has to be scrolled sideways. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** Presses a button, and gives what the page says came of it. */
export async function press(page: Page, action: string): Promise<string> {
  const known =
    (await page.locator('[data-outcome]').count()) === 0
      ? 0
      : Number(await page.locator('[data-outcome]').first().getAttribute('data-outcome'))
  await page.locator(`[data-action="${action}"]`).click()
  return page.locator(`[data-outcome="${known + 1}"]`).innerText()
}
