/** Measures our contenders a second time, on the packages of another checkout. */
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { onNode } from '@loop/bench-kit'
import { root } from '../../../../tooling/bootstrap/workspace.mjs'

/** @typedef {import('@loop/bench-kit').Contender} Contender */
/** @typedef {import('@loop/bench-kit').Suite} Suite */

const hook = pathToFileURL(join(root, 'apps', 'bench', 'src', 'revision', 'register.mjs'))

/** @param {string} folder */
const nodeArgs = (folder) => ['--import', `${hook}?root=${encodeURIComponent(folder)}`]

/**
 * The suites with each of our contenders beside itself at another revision. Both go through the same hook, so that it
 * favours none.
 * @param {readonly Suite[]} suites
 * @param {string} commit
 * @param {string} folder where it is checked out
 * @returns {Suite[]}
 */
export const withRevision = (suites, commit, folder) =>
  suites.map((suite) => ({
    ...suite,
    scenarios: suite.scenarios.map((scenario) => ({
      ...scenario,
      contenders: scenario.contenders.flatMap((contender) =>
        contender.kind === 'ours'
          ? [
              at(contender, root),
              { ...at(contender, folder), ...nameAt(contender, commit), kind: /** @type {const} */ ('reference') },
            ]
          : [contender],
      ),
    })),
  }))

/**
 * @param {Contender} contender
 * @param {string} folder
 * @returns {Contender}
 */
const at = (contender, folder) => ({
  ...contender,
  measure: onNode((point, context) => contender.measure(point, { ...context, nodeArgs: nodeArgs(folder) })),
})

/**
 * @param {Contender} contender
 * @param {string} commit
 */
export const nameAt = ({ name, title }, commit) => ({ name: `${name}@${commit}`, title: `${title} at ${commit}` })

/**
 * A line for each of our contenders: how many times better than at the other revision, over all points.
 * @param {readonly import('@loop/bench-kit').Judgement[]} goals made by {@link comparisons}
 */
export const comparisonText = (goals) =>
  goals
    .map(
      ({ scenario, of, measured, min, max, reason }) =>
        `  ${`${scenario}: ${of}`.padEnd(56)} ${measured === null ? (reason ?? '') : `${measured.toFixed(2)} × (${min?.toFixed(2)}–${max?.toFixed(2)})`}`,
    )
    .join('\n')

/**
 * Goals that ask nothing but the ratio to the other revision.
 * @param {import('@loop/bench-kit').Scenario} scenario
 * @param {string} commit
 */
export const comparisons = (scenario, commit) =>
  Object.values(scenario.measures)[0]?.ratios === false
    ? []
    : scenario.contenders
        .filter(({ kind }) => kind === 'ours')
        .map((contender) => ({
          what: 'against the other revision',
          of: contender.name,
          against: nameAt(contender, commit).name,
          atLeast: 1,
        }))
