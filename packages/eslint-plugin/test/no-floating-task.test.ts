import { rules } from '../src/index.ts'
import { cases, ruleOf, typed } from './tester.ts'

const prelude = `
import { gather, getRunningLoop, run, sleep, taskGroup, timeout, waitFor, type Coroutine, type Future, type Task } from '@loop/core'
import { Semaphore } from '@loop/sync'
declare const task: Task<string>, future: Future<string>, places: Semaphore, maybe: boolean, tasks: Task<string>[]
async function work() { await sleep(1) }
function* steps(): Coroutine<void> { yield* sleep(1) }
const loop = getRunningLoop()
`

typed.run(
  'no-floating-task',
  ruleOf(rules['no-floating-task']),
  cases(prelude, {
    // A task.
    'loop.createTask(work)': ['task'],
    'loop.createTask(work, { name: "work" })': ['task'],
    'maybe && loop.createTask(work)': ['task'],
    'maybe ? loop.createTask(work) : gather(tasks)': ['task', 'wait'],
    'loop?.createTask(work)': ['task'],
    'loop.createTask(work)!': ['task'],
    'loop.createTask(work), loop.createTask(steps)': ['task', 'task'],
    'async function f() { loop.createTask(work) }': ['task'],
    'loop.createTask(work).then(() => {})': [], // a promise of the language: no-floating-promises sees it
    'const kept = loop.createTask(work)': [],
    'await loop.createTask(work)': [],
    'void loop.createTask(work)': [],
    'const all = [loop.createTask(work)]': [],
    'tasks.push(task)': [],
    'loop.createTask(work).catch(console.error)': [],
    'loop.createTask(work).then(console.log, console.error)': [],
    'loop.createTask(work).addDoneCallback(() => {})': [],
    'loop.createTask(work).cancel()': [],
    'const start = () => loop.createTask(work)': [],
    // A group waits for its own.
    'await taskGroup(async (group) => { group.createTask(work); maybe && group.createTask(steps) })': [],
    // A wait.
    'sleep(10)': ['wait'],
    'async function f() { sleep(10) }': ['wait'],
    'timeout(10, work)': ['wait'],
    'waitFor(future, 10)': ['wait'],
    'gather([work, steps])': ['wait'],
    'taskGroup(async () => {})': ['wait'],
    'places.acquire()': ['wait'],
    'places.with(work)': ['wait'],
    'await sleep(10)': [],
    'function* f(): Coroutine<void> { yield* sleep(10) }': [],
    'future.cancel()': [],
    // A coroutine that nobody drives.
    'steps()': ['coroutine'],
    'function* f(): Coroutine<void> { steps(); yield* steps() }': ['coroutine'],
    'const later = steps()': [],
    // Promises of others are the business of other rules.
    'work()': [],
    'Promise.resolve(1)': [],
    'console.log(1)': [],
    maybe: [],
  }),
)
