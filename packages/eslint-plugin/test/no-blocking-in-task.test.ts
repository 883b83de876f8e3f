import { rules } from '../src/index.ts'
import { cases, ruleOf, untyped } from './tester.ts'

const prelude = `
import fs, { readFileSync, existsSync as there } from 'node:fs'
import * as files from 'fs'
import { execSync, spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { scryptSync } from 'node:crypto'
import { readFileSync as own } from './own.js'
`
const all = {
  // In what the loop runs.
  'async function f() { readFileSync("x") }': ['blocks'],
  'async () => fs.readFileSync("x")': ['blocks'],
  'async () => files.statSync("x")': ['blocks'],
  'async () => there("x")': ['blocks'],
  'async () => execSync("ls")': ['blocks'],
  'async () => { spawnSync("ls"); gzipSync(""); scryptSync("", "", 1) }': ['blocks', 'blocks', 'blocks'],
  'async () => Atomics.wait(array, 0, 0)': ['blocks'],
  'async () => process.getBuiltinModule("fs").readFileSync("x")': ['blocks'],
  'function* f() { yield; readFileSync("x") }': ['blocks'],
  'loop.callSoon(() => readFileSync("x"))': ['blocks'],
  'loop.createTask(() => readFileSync("x"))': ['blocks'],
  'loop.addSignalHandler("SIGHUP", function () { readFileSync("x") })': ['blocks'],
  'async function f() { const g = () => readFileSync("x"); return [1].map(() => g()) }': ['blocks'],
  // Before the loop runs, and beside it.
  'readFileSync("x")': [],
  'const read = () => readFileSync("x")': [],
  'if (there("x")) fs.unlinkSync("x")': [],
  'function main() { return files.readdirSync(".") }': [],
  // In a thread or a process.
  'async () => await toThread(() => readFileSync("x"))': [],
  'async () => await loop.runInExecutor(null, () => execSync("ls"))': [],
  'async () => await pool.submit((x) => readFileSync(x), ["x"])': [],
  'async () => await pool.submit(async (x) => readFileSync(x), ["x"])': [],
  // What only looks like it.
  'async () => own("x")': [],
  'async () => fs.readFile("x", () => {})': [],
  'async () => somebody.readFileSync("x")': [],
  'async (readFileSync) => readFileSync("x")': [],
  'async (Atomics) => Atomics.wait()': [],
  'async () => Atomics.waitAsync(array, 0, 0)': [],
}

const { valid, invalid } = cases(prelude, all)
const asJavaScript = <T extends object>(each: T) => ({ ...each, filename: 'code.js' })
untyped.run('no-blocking-in-task', ruleOf(rules['no-blocking-in-task']), {
  valid: valid.map(asJavaScript),
  invalid: invalid.map(asJavaScript),
})

untyped.run('no-blocking-in-task, with what is allowed', ruleOf(rules['no-blocking-in-task']), {
  valid: [{ code: `import fs from 'fs'; async () => fs.existsSync('x')`, options: [{ allow: ['existsSync'] }] }],
  invalid: [
    {
      code: `import fs from 'fs'; async () => fs.statSync('x')`,
      options: [{ allow: ['existsSync'] }],
      errors: [
        {
          message:
            'statSync holds the thread, and with it every other task: await stat of node:fs/promises, or run it in a pool, await toThread(…).',
        },
      ],
    },
  ],
})
