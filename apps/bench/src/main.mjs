// npm run bench: measures the packages beside their peers and writes the report.

import { writeFileSync } from 'node:fs'
import process from 'node:process'
import {
  busyCores,
  endAll,
  judge,
  LEADING_NODE,
  nodeLines,
  planOf,
  run,
  sizeOf,
  UnknownNameError,
} from '@loop/bench-kit'
import { ensurePnpm, workspaceEnv } from '../../../tooling/bootstrap/pnpm.mjs'
import { turbo } from '../../../tooling/bootstrap/prepare.mjs'
import { progressOn } from '../../../tooling/bootstrap/stage.mjs'
import { keep, refusal } from './keep.mjs'
import { readOptions, usage, UsageError } from './options.mjs'
import { inWords, Progress } from './progress.mjs'
import { resultsOf, toJson } from './results.mjs'
import { checkOut, commitOf, RevisionError, thisRevision } from './revision/checkout.mjs'
import { comparisons, comparisonText, withRevision } from './revision/contenders.mjs'
import { loadSuites } from './suites.mjs'
import { factsText, goalsText, listText, loadText, scenarioText } from './terminal.mjs'

/** @typedef {import('@loop/bench-kit').Suite} Suite */
/** @typedef {ReturnType<typeof readOptions>} Options */

/** Ctrl+C: what is running ends, what was made for the run is taken away. */
const interruption = new AbortController()
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(name, () => {
    interruption.abort(name)
    endAll()
  })
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main(args) {
  const options = readOptions(args)
  if (options.help) return print(usage)
  const loaded = await loadSuites(options.suites)
  const suites = loaded.map(({ suite }) => suite)
  if (options.list) return print(listText(suites))
  // Names are checked before anything is built.
  const wanted = planOf(suites, options)
  const out = options.json === '-' ? process.stderr : process.stdout
  progressOn(out)
  if (
    !options['no-build'] &&
    !(await build(loaded.filter(({ suite }) => wanted.some((entry) => entry.suite === suite))))
  )
    return 1
  interruption.signal.throwIfAborted()
  if (options.compare === undefined) return measure(suites, options, out)
  const commit = await commitOf(options.compare)
  out.write(`checking out and building ${commit}\n`)
  const other = await checkOut(commit)
  try {
    interruption.signal.throwIfAborted()
    return await measure(withRevision(suites, commit, other.folder), options, out, commit)
  } finally {
    await other.remove()
  }
}

/** Shown beside the line that leads: the oldest that is supported, and the newest. */
const BESIDE = ['20', '26']

/**
 * Takes the measurements and writes the reports.
 * @param {readonly Suite[]} suites
 * @param {Options} options
 * @param {NodeJS.WriteStream} out
 * @param {string} [commit] the other revision's
 */
async function measure(suites, options, out, commit) {
  const { against } = options
  const [leading, ...beside] = await nodeLines(
    options.nodes ?? [LEADING_NODE, ...(options.quick || commit !== undefined ? [] : BESIDE)],
  )
  const node = leading?.path === undefined ? { path: process.execPath, version: process.version } : leading
  const plan = planOf(suites, {
    ...options,
    beside,
    ...(commit === undefined || against === undefined
      ? {}
      : { against: [...against, ...namesAt(suites, options.scenarios, commit)] }),
  })
  const progress = new Progress(plan, out)
  const started = new Date()
  const revision = await thisRevision()
  progress.print(
    `${sizeOf(plan)} measurements${options.quick ? '; a quick run: few points, short windows, so figures are rough' : ''}`,
  )
  progress.print(`on Node ${node.version?.replace('v', '')}`)
  if (leading?.problem !== undefined)
    progress.print(`Node ${leading.major} cannot be had, so this one runs everything: ${leading.problem}`)
  announceMissing(plan, progress)
  try {
    const found = await run(plan, {
      ...progress,
      node: node.path ?? process.execPath,
      load: busyCores,
      signal: interruption.signal,
      finished: (scenario) => progress.print(scenarioText(scenario)),
    })
    progress.end()
    const complete =
      !options.quick &&
      leading?.problem === undefined &&
      [options.nodes, options.suites, options.scenarios, against, options.rounds, commit].every(
        (choice) => choice === undefined,
      )
    const results = resultsOf({
      plan,
      found,
      started,
      ended: new Date(),
      revision,
      quick: options.quick,
      complete,
      ...(node.version === undefined ? {} : { node: node.version }),
    })
    if (commit !== undefined)
      progress.print(
        `\nHow many times better than at ${commit}\n${comparisonText(compare(plan, found.scenarios, commit))}`,
      )
    progress.print(factsText(results.scenarios))
    if (options.goals) progress.print(goalsText(results.goals))
    progress.print(`${inWords(results.seconds * 1000)}; wrote ${keep(results, options.force).join(', ')}`)
    for (const line of [loadText(results), refusal(results, options.force)])
      if (line !== undefined) progress.print(line)
    if (options.quick) progress.print('A quick run: figures are rough.')
    if (options.json === '-') process.stdout.write(toJson(results))
    else if (options.json !== undefined) writeFileSync(options.json, toJson(results))
    return 0
  } finally {
    progress.end()
  }
}

/**
 * @param {readonly import('@loop/bench-kit').Entry[]} plan
 * @param {readonly import('@loop/bench-kit').ScenarioResult[]} scenarios
 * @param {string} commit
 */
const compare = (plan, scenarios, commit) =>
  scenarios.flatMap((result) => {
    const scenario = plan.find((entry) => entry.scenario.name === result.name)?.scenario
    return scenario === undefined ? [] : judge({ ...scenario, goals: comparisons(scenario, commit) }, result)
  })

/**
 * Our contenders at the other revision, of the chosen scenarios.
 * @param {readonly Suite[]} suites
 * @param {readonly string[] | undefined} chosen
 * @param {string} commit
 */
const namesAt = (suites, chosen, commit) =>
  suites
    .flatMap(({ scenarios }) => scenarios.filter(({ name }) => chosen?.includes(name) ?? true))
    .flatMap(({ contenders }) => contenders.map(({ name }) => name).filter((name) => name.endsWith(`@${commit}`)))

/**
 * Says at once who cannot take part.
 * @param {readonly import('@loop/bench-kit').Entry[]} plan
 * @param {Progress} progress
 */
function announceMissing(plan, progress) {
  const lines = plan.flatMap(({ taking }) =>
    taking.flatMap(({ contender, missing }) =>
      missing === undefined ? [] : [`not here: ${contender.title}, ${missing}`],
    ),
  )
  for (const line of new Set(lines)) progress.print(line)
}

/**
 * Builds the packages that are measured; nothing happens when they are built.
 * @param {readonly { package: string }[]} suites
 */
const build = async (suites) =>
  turbo(
    'build',
    ['build', ...suites.map((suite) => `--filter=${suite.package}...`)],
    workspaceEnv((await ensurePnpm()).path),
  )

/** @param {string} text */
function print(text) {
  console.log(text)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  endAll()
  if (interruption.signal.aborted) {
    console.error('interrupted; nothing was written')
    // 128 and the signal's number, as shells have it.
    process.exitCode = interruption.signal.reason === 'SIGTERM' ? 143 : 130
  } else if (error instanceof UsageError || error instanceof UnknownNameError || error instanceof RevisionError) {
    console.error(error.message)
    process.exitCode = 2
  } else throw error
}
