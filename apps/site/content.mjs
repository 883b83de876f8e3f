// The pages of the site, made from what the repository holds: the guide, the READMEs, the programs of the cookbook, the
// results of the benchmark, and the API reference from the sources.

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { readJson, root, workspaceFolders } from '../../tooling/bootstrap/workspace.mjs'

/** The guide in the order in which it is read; pages that are not listed come at the end. */
const GUIDE = [
  'how-the-loop-works',
  'ordering',
  'cancellation',
  'promises',
  'testing',
  'choosing-packages',
  'standing-alone',
  'in-web-frameworks',
  'cpu-in-a-web-server',
  'jobs',
  'production',
  'opentelemetry',
  'performance',
  'bundling',
  'from-asyncio',
  'coming-from',
  'names',
]

/** @typedef {{ text: string, link: string }} Entry */
/** @typedef {{ guide: Entry[], cookbook: Entry[], packages: Entry[], api: Entry[] }} Contents */

const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8')

/** The published packages, as folders. */
const packages = () =>
  workspaceFolders().filter((folder) => folder.startsWith('packages/') && existsSync(join(root, folder, 'README.md')))

/** Where files of the repository are on the site. */
function places() {
  /** @type {Map<string, string>} */
  const found = new Map([
    ['README.md', '/'],
    ['examples/README.md', '/cookbook/'],
    ['apps/bench/README.md', '/benchmarks'],
  ])
  for (const name of guidePages()) found.set(`docs/${name}.md`, `/guide/${name}`)
  for (const folder of packages()) {
    const page = `/packages/${folder.split('/')[1]}`
    found.set(folder, page)
    found.set(`${folder}/README.md`, page)
  }
  for (const name of recipes()) found.set(`examples/cookbook/${name}.ts`, `/cookbook/${name}`)
  found.set('examples', '/cookbook/')
  found.set('apps/bench', '/benchmarks')
  return found
}

function guidePages() {
  const all = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -3))
  return [...GUIDE.filter((name) => all.includes(name)), ...all.filter((name) => !GUIDE.includes(name))]
}

const recipes = () =>
  readdirSync(join(root, 'examples/cookbook'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3))

const titleOf = (/** @type {string} */ markdown) => /^# (.+)$/m.exec(markdown)?.[1] ?? ''

/**
 * A page of the repository as one of the site: links lead to other pages of it; what the site does not have becomes plain
 * text, and what only checks read is left out.
 * @param {string} path of the file, whose links are relative to it
 * @param {string} text
 * @param {ReadonlyMap<string, string>} known
 */
export function asPage(path, text, known) {
  const parts = text.replace(/<!--[\s\S]*?-->\n?/g, '').split(/(^```[\s\S]*?^```)/m)
  return parts
    .map((part) => {
      if (part.startsWith('```')) return part
      return part
        .replace(/(!?)\[([^\]]+)\]\(([^)\s]+)\)/g, (all, image, label, target) => {
          if (/^(https?:|#|mailto:)/.test(target)) return all
          const [file = '', hash] = target.split('#')
          const place = known.get(posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, ''))
          if (image !== '' || place === undefined) return label
          return `[${label}](${place}${hash === undefined ? '' : `#${hash}`})`
        })
        .replace(/<(?!\/?(?:img|br|sub|sup|details|summary)\b)/g, (all, offset, whole) =>
          inCode(whole, offset) ? all : '&lt;',
        )
    })
    .join('')
}

/** Whether a position is inside of inline code. */
function inCode(/** @type {string} */ text, /** @type {number} */ offset) {
  const line = text.slice(text.lastIndexOf('\n\n', offset) + 1, offset)
  return (line.match(/`/g) ?? []).length % 2 === 1
}

/**
 * Writes every page.
 * @param {string} folder
 * @param {{ api?: boolean }} [options] the API reference takes most of the time
 * @returns {Promise<Contents>} what the navigation shows
 */
export async function writeContent(folder, { api = true } = {}) {
  rmSync(folder, { recursive: true, force: true })
  const write = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const known = places()
  /** @type {Contents} */
  const contents = { guide: [], cookbook: [], packages: [], api: [] }

  for (const name of guidePages()) {
    const text = read(`docs/${name}.md`)
    write(`guide/${name}.md`, asPage(`docs/${name}.md`, text, known))
    contents.guide.push({ text: titleOf(text), link: `/guide/${name}` })
  }
  for (const path of packages()) {
    const name = path.split('/')[1] ?? ''
    write(`packages/${name}.md`, asPage(`${path}/README.md`, read(`${path}/README.md`), known))
    contents.packages.push({ text: `@loop/${name}`, link: `/packages/${name}` })
  }
  contents.cookbook = writeCookbook(write)
  write('benchmarks.md', benchmarks())
  write('index.md', home())
  write('playground.md', playground())
  if (api) {
    try {
      await writeApi(join(folder, 'api'))
    } catch (error) {
      // The guide is worth a site of its own: say it, and leave the reference out.
      rmSync(join(folder, 'api'), { recursive: true, force: true })
      console.warn(`the API reference could not be made: ${/** @type {{ stderr?: string }} */ (error).stderr ?? error}`)
    }
  }
  contents.api = packages()
    .map((path) => path.split('/')[1] ?? '')
    .flatMap((name) => {
      const text = `@loop/${name}`
      if (existsSync(join(folder, 'api/@loop', `${name}.md`))) return [{ text, link: `/api/${text}` }]
      return existsSync(join(folder, 'api/@loop', name)) ? [{ text, link: `/api/${text}/` }] : []
    })
  if (existsSync(join(root, 'apps/demo-page/public/icon.svg')))
    cpSync(join(root, 'apps/demo-page/public/icon.svg'), join(folder, 'public/icon.svg'))
  return contents
}

/**
 * A page for each program: its sentence, its text, and what it prints.
 * @param {(path: string, text: string) => void} write
 */
function writeCookbook(write) {
  /** @type {Entry[]} */
  const entries = []
  const order = [...read('examples/README.md').matchAll(/\(cookbook\/([\w-]+)\.ts\)/g)].map(([, name]) => name ?? '')
  const rows = []
  for (const name of order) {
    const { idea, code, prints } = recipe(read(`examples/cookbook/${name}.ts`))
    const title = name.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase())
    write(
      `cookbook/${name}.md`,
      `# ${title}\n\n${idea}\n\n\`\`\`ts\n${code}\n\`\`\`\n\nIt prints:\n\n\`\`\`text\n${prints}\n\`\`\`\n\nThe program is \`examples/cookbook/${name}.ts\`, and is run by the tests: \`npm run example -- ${name}\`.\n`,
    )
    entries.push({ text: title, link: `/cookbook/${name}` })
    rows.push(`| [${title}](/cookbook/${name}) | ${idea} |`)
  }
  write(
    'cookbook/index.md',
    `# Cookbook\n\nWhat programs need again and again, each as a whole program that is run by the tests.\n\n| recipe | |\n| --- | --- |\n${rows.join('\n')}\n`,
  )
  return entries
}

/**
 * The parts of a program: the sentence at its head, its text, and what it prints.
 * @param {string} text
 */
export function recipe(text) {
  const [, idea = '', code = '', prints = ''] =
    /^\/\/ (.+)\n([\s\S]+?)\n\n\/\* Prints:\n([\s\S]+)\n\*\/\n$/.exec(text) ?? []
  if (prints === '') throw new Error(`a program does not say what it is or prints: ${text.slice(0, 60)}`)
  return { idea, code, prints }
}

/** The last whole run of the benchmark: for each scenario its first measure, medians of the rounds. */
function benchmarks() {
  const file = join(root, 'apps/bench/results/latest.json')
  if (!existsSync(file)) return '# Benchmarks\n\nThere is no report yet.\n'
  const report = readJson(file)
  const { cpu, cores, os, node } = report.machine
  const median = (/** @type {number[]} */ values) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
  const figure = (/** @type {number} */ value) =>
    Number.isNaN(value)
      ? '–'
      : value >= 100
        ? Math.round(value).toLocaleString('en')
        : String(Number(value.toPrecision(3)))
  const tables = report.scenarios.map((/** @type {any} */ scenario) => {
    const [[key, measure] = []] = Object.entries(scenario.measures)
    const titles = [
      ...new Set(
        scenario.points.flatMap((/** @type {any} */ { rows }) => rows.map((/** @type {any} */ row) => row.title)),
      ),
    ]
    const head = scenario.points.map((/** @type {any} */ { point }) => point.label ?? '')
    const rows = titles.map((title) => {
      const cells = scenario.points.map((/** @type {any} */ { rows }) => {
        const row = rows.find((/** @type {any} */ each) => each.title === title)
        return figure(median(row?.samples?.[key ?? ''] ?? []))
      })
      return `| ${title} | ${cells.join(' | ')} |`
    })
    const title = scenario.title
      .replace(/^The lesson's program: /, '')
      .replace(/^./, (/** @type {string} */ letter) => letter.toUpperCase())
    return `## ${escapeText(title)}\n\n${escapeText(/** @type {any} */ (measure)?.title ?? '')}, ${/** @type {any} */ (measure)?.unit ?? ''}; ${/** @type {any} */ (measure)?.better === 'less' ? 'less' : 'more'} is better.\n\n| | ${head.map(escapeText).join(' | ')} |\n| --- | ${head.map(() => '---:').join(' | ')} |\n${rows.map(escapeText).join('\n')}\n`
  })
  return `# Benchmarks\n\nMeasured on ${report.started.slice(0, 10)}: ${cpu}, ${cores} cores, ${os}, Node ${node}; all contenders take turns within a point, figures are medians of the rounds. Every figure of this page comes from that one run; \`npm run bench\` makes another.\n\n${tables.join('\n')}`
}

const escapeText = (/** @type {string} */ text) => text.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;')

function home() {
  return `---
layout: home
hero:
  name: Loop
  text: An event loop for TypeScript, in the manner of asyncio
  tagline: Cancel anything, with its clean-up. Task groups that leave nothing behind. Whole programs tested in virtual time, and replayed from a seed.
  actions:
    - { theme: brand, text: How it works, link: /guide/how-the-loop-works }
    - { theme: alt, text: Playground, link: /playground }
    - { theme: alt, text: Cookbook, link: /cookbook/ }
features:
  - { title: Cancel anything, details: 'A request to end reaches what the code waits for; clean-up runs and is waited for. Deadlines hold over fetch, too.', link: /guide/cancellation }
  - { title: Tests in virtual time, details: 'An hour of timeouts takes a millisecond. A seed decides orders that nobody promises, finds the race, and shows it again.', link: /guide/testing }
  - { title: Beside Node, details: 'A guest of Node’s own loop: timers, streams, fetch and promises keep working, unchanged.', link: /guide/promises }
  - { title: Pools, details: 'Threads and processes for what computes; a worker that dies fails its own task alone.', link: /guide/cpu-in-a-web-server }
  - { title: Jobs, details: 'Intervals and cron in any time zone, kept in memory, SQLite or PostgreSQL, each occurrence once.', link: /guide/jobs }
  - { title: An end in order, details: 'SIGTERM: stop accepting, drain, cancel, close; and a report of what did not end.', link: /guide/production }
---

\`\`\`sh
npm install @loop/runtime      # or: npm create @loop my-service
\`\`\`

\`\`\`js
import { run, timeout, gather } from '@loop/runtime'

await run(async () => {
  const load = (url) => () => timeout(2_000, async ({ signal }) => (await fetch(url, { signal })).status)
  console.log(await gather([load('https://example.org'), load('https://example.com')]))
})
\`\`\`
`
}

function playground() {
  return `---
layout: page
title: Playground
---

<Playground />
`
}

/**
 * The API reference, from the sources: a page for each entry of a package.
 * @param {string} folder
 */
async function writeApi(folder) {
  const { projectDocuments: _pages, readme: _readme, packageOptions, ...options } = readJson(join(root, 'typedoc.json'))
  const config = join(root, 'apps/site/build/typedoc.json')
  writeFileSync(
    config,
    JSON.stringify({
      ...options,
      packageOptions: { ...packageOptions, readme: 'none' },
      entryPoints: packages().map((path) => join(root, path)),
      readme: 'none',
      out: folder,
      plugin: [join(root, 'apps/site/node_modules/typedoc-plugin-markdown/dist/index.js')],
      router: 'module',
      entryFileName: 'index',
      hideBreadcrumbs: true,
      hidePageHeader: true,
      useCodeBlocks: true,
      // `npm run docs` is where warnings are errors.
      treatWarningsAsErrors: false,
      logLevel: 'Error',
    }),
  )
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc')
  await promisify(execFile)(process.execPath, [typedoc, '--options', config], { cwd: root, maxBuffer: 64e6 })
}
