import { rules } from '../src/index.ts'
import { cases, ruleOf, typed } from './tester.ts'

const prelude = `
import { currentTask, getRunningLoop, sleep, taskGroup, timeout, timeoutAt, waitFor } from '@loop/core'
import { readFile, stat } from 'node:fs/promises'
import { setTimeout as elsewhere } from 'node:timers/promises'
declare const options: RequestInit, mine: AbortSignal, url: string
declare class Database { query(text: string): Promise<string[]> }
declare const pending: Promise<string>
async function own() { await sleep(1); return 'value' }
const loop = getRunningLoop()
`

typed.run('no-unstoppable-await', ruleOf(rules['no-unstoppable-await']), {
  ...cases(prelude, {
    // It takes a signal and gets none.
    'await timeout(10, async () => { await fetch(url) })': ['signal'],
    'await timeout(10, () => fetch(url))': ['signal'],
    'await timeout(10, () => { return fetch(url) })': ['signal'],
    'await timeout(10, async function () { return await fetch(url, { method: "POST" }) })': ['signal'],
    'await timeout(10, async () => (await fetch(url)).json())': ['signal'],
    'await timeout(10, async () => await fetch(url).then((response) => response.status))': ['signal'],
    'await timeoutAt(10, () => readFile(url))': ['signal'],
    'await waitFor(() => fetch(url), 10)': ['signal'],
    'await timeout(10, async () => await elsewhere(10))': ['signal'],
    'await timeout(10, () => Promise.all([fetch(url), own(), readFile(url)]))': ['signal', 'signal'],
    // It takes none.
    'await timeout(10, async () => await stat(url))': ['unstoppable'],
    'await timeout(10, () => new Promise((resolve) => setTimeout(resolve, 10)))': ['unstoppable'],
    // It gets one.
    'await timeout(10, ({ signal }) => fetch(url, { signal }))': [],
    'await timeout(10, async (scope) => await fetch(url, { signal: scope.signal }))': [],
    'await timeout(10, () => fetch(url, { ...options, signal: mine }))': [],
    'await timeout(10, async ({ signal }) => (await fetch(url, { signal })).text())': [],
    'await timeout(10, () => fetch(url, options))': [],
    'await timeout(10, () => elsewhere(10, null, { signal: currentTask()!.signal }))': [],
    'await timeout(10, () => loop.wrap((signal) => fetch(url, { signal })))': [],
    'await timeout(10, ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)))': [],
    // The loop's own, and the program's own.
    'await timeout(10, () => sleep(1))': [],
    'await timeout(10, async () => { await own(); await sleep(1) })': [],
    'await timeout(10, async () => await pending)': [],
    // No deadline.
    'await fetch(url)': [],
    'async function f() { await fetch(url) }': [],
    'await taskGroup(async () => { await fetch(url) })': [],
    'await timeout(10, async () => { setImmediate(async () => { await fetch(url) }) })': [],
    'async function timeoutOfMine() { const timeout = (_: number, f: () => unknown) => f(); await timeout(1, () => fetch(url)) }':
      [],
  }),
})

typed.run(
  'no-unstoppable-await, with what is ignored',
  ruleOf(rules['no-unstoppable-await']),
  cases(prelude, { 'await timeout(10, () => stat(url))': [] }, [{ ignore: ['stat'] }]),
)
