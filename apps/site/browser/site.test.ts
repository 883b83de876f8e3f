/**
 * The built site in Chromium: every page, for dead links, errors and what leaves the machine; some of them for contrast and
 * other barriers in light and dark, and on a phone; the playground and the search.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium } from '../../../tooling/bootstrap/chromium.mjs'
import { serveFolder } from '../serve.mjs'
import { programs } from '../src/browser/programs.ts'

const folder = fileURLToPath(new URL('../dist/', import.meta.url))
const executablePath = findChromium()
const pages = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.html') && path !== '404.html')
      .sort()
  : []
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pages of every kind. */
const kinds = [
  'index.html',
  'playground.html',
  'benchmarks.html',
  'guide/cancellation.html',
  'cookbook/index.html',
  'cookbook/retry.html',
  'packages/core.html',
  'api/@loop/sync.html',
].filter((path) => pages.includes(path))

interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
}

describe.skipIf(executablePath === undefined)('the site in Chromium', { timeout: 300_000 }, () => {
  let browser: Browser
  let site: Awaited<ReturnType<typeof serveFolder>>
  beforeAll(async () => {
    if (pages.length === 0) throw new Error('the site is not built: npm run site')
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    site = await serveFolder(folder)
  })
  afterAll(async () => {
    await browser?.close()
    site?.close()
  })

  /** A page with everything that went wrong on it. */
  async function open({ colorScheme = 'light', width = 1280 }: Look = {}): Promise<{
    page: Page
    complaints: string[]
  }> {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } })
    page.setDefaultTimeout(60_000)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${String(error)}`))
    page.on('request', (request) => {
      if (!request.url().startsWith(site.url) && !/^(data|blob):/.test(request.url()))
        complaints.push(`${page.url()} asked for ${request.url()}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${page.url()}: ${response.url()} is ${response.status()}`)
    })
    return { page, complaints }
  }

  test('every page loads without a word, and every link on it leads to a page and a heading that are there', async () => {
    const { page, complaints } = await open()
    const headings = new Map<string, Set<string>>()
    const links: { from: string; to: string }[] = []
    for (const path of pages) {
      await page.goto(`${site.url}/${path}`)
      await page.locator('#app > *').first().waitFor()
      const found = await page.evaluate<{ ids: string[]; links: string[] }>(
        `({ ids: [...document.querySelectorAll('[id]')].map((each) => each.id), links: [...document.querySelectorAll('a[href]')].map((each) => each.href) })`,
      )
      headings.set(`/${path}`, new Set(found.ids))
      links.push(...found.links.map((to) => ({ from: path, to })))
    }
    const dead = links.flatMap(({ from, to }) => {
      if (!to.startsWith(site.url)) return []
      const { pathname, hash } = new URL(to)
      const path = decodeURIComponent(pathname)
      const ids =
        headings.get(path) ?? headings.get(`${path}index.html`) ?? headings.get(`${path.replace(/\/$/, '')}/index.html`)
      if (ids === undefined) return [`${from}: ${to}`]
      return hash === '' || ids.has(decodeURIComponent(hash.slice(1))) ? [] : [`${from}: ${to} (no such heading)`]
    })
    expect([...new Set(dead)]).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test.each(['light', 'dark'] as const)('pages of every kind have no barriers, %s', async (colorScheme) => {
    const { page, complaints } = await open({ colorScheme })
    const found: string[] = []
    for (const path of kinds) {
      await page.goto(`${site.url}/${path}`)
      if (path === 'playground.html') {
        await page.locator('button.run').click()
        await page.locator('[data-moment]').waitFor()
      }
      await page.evaluate(axe)
      found.push(
        ...(await page.evaluate<string[]>(
          `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ target, any }) => ${JSON.stringify(path)} + ': ' + id + ' at ' + target.join(' ') + ' ' + (any[0]?.message ?? ''))))`,
        )),
      )
    }
    expect(found).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('on a phone nothing has to be scrolled sideways', async () => {
    const { page } = await open({ width: 375 })
    const wide: string[] = []
    for (const path of kinds) {
      await page.goto(`${site.url}/${path}`)
      const over = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      if (over > 0) wide.push(`${path}: ${over} pixels`)
    }
    expect(wide).toEqual([])
    await page.close()
  })

  test.each(programs)('the playground runs "$title"', async ({ title }) => {
    const { page, complaints } = await open()
    await page.goto(`${site.url}/playground.html`)
    await page.locator('select').selectOption(title)
    await page.locator('button.run').click()
    await page.locator('[data-state=ended]').waitFor()
    expect(await page.locator('.output').innerText()).toMatch(/\S/)
    const first = await page.locator('[data-moment]').innerText()
    await page.locator('[data-step=turn]').click()
    expect(await page.locator('[data-moment]').innerText()).toMatch(/turn \d+ begins$/)
    expect(first).not.toMatch(/turn \d+ begins$/)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('a program that never ends is stopped, and one that fails says why', async () => {
    const { page } = await open()
    await page.goto(`${site.url}/playground.html`)
    await page.locator('textarea').fill('for (;;);')
    await page.locator('button.run').click()
    await page.locator('[data-state=stopped]').waitFor()
    await page.locator('textarea').fill("import { open } from '@loop/net'")
    await page.locator('button.run').click()
    await page.locator('[data-state=failed]').waitFor()
    expect(await page.locator('.output .error').innerText()).toContain('but not @loop/net')
    await page.close()
  })

  test('the search finds pages, without a server', async () => {
    const { page, complaints } = await open()
    await page.goto(`${site.url}/guide/cancellation.html`)
    await page.keyboard.press('Control+k')
    await page.locator('#localsearch-input').fill('shield')
    await page.locator('#localsearch-list a').first().waitFor()
    expect(await page.locator('#localsearch-list a').count()).toBeGreaterThan(2)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('what comes first is painted from the page itself, and how soon is told', async () => {
    const { page } = await open()
    await page.goto(site.url)
    const paint = await page.evaluate<number>(
      `new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({ type: 'paint', buffered: true }))`,
    )
    console.log(`first paint after ${Math.round(paint)} ms`)
    // Without JavaScript the text is there already: nothing has to be computed before it can be read.
    const plain = await browser.newPage({ javaScriptEnabled: false })
    await plain.goto(`${site.url}/guide/cancellation.html`)
    expect(await plain.locator('h1').innerText()).toContain('Cancellation')
    await plain.close()
    await page.close()
  })
})
