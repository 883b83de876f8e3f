import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll } from 'vitest'

/** How a program ended. */
export interface Ended {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: string[]
  readonly stderr: string
}

/** What a program is started with. */
export interface ProgramOptions {
  /** Flags of node. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What it prints before it is ended with SIGTERM; without it that happens after a minute, which no program here takes. */
  readonly killAt?: string
}

/** Runs a program, an ES module that imports '@loop/core', in a process of its own. */
export type RunProgram = (source: string, options?: ProgramOptions) => Promise<Ended>

/**
 * Makes {@link RunProgram} for the tests of a file: core is translated once, to a folder that is removed afterwards.
 */
export function programs(): RunProgram {
  let folder = ''
  let count = 0
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'loop-core-'))
    translate(fileURLToPath(new URL('../src', import.meta.url)), join(folder, 'node_modules', '@loop', 'core'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  return (source, { flags = [], env = {}, killAt } = {}) => {
    const file = join(folder, `program-${++count}.mjs`)
    writeFileSync(file, source)
    const options = { env: { ...environment(), ...env }, timeout: 60_000 }
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [...flags, file], options, (_error, stdout, stderr) => {
        const lines = stdout.split('\n').filter((line) => line !== '')
        resolve({ code: child.exitCode, signal: child.signalCode, lines, stderr })
      })
      let printed = ''
      child.stdout!.on('data', (text: string) => {
        printed += text
        if (killAt !== undefined && printed.includes(killAt)) child.kill()
      })
    })
  }
}

/** The environment without what the test runner set for its own workers. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env
  return rest
}

function translate(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts')) continue
    const { outputText } = ts.transpileModule(readFileSync(join(from, entry), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    })
    const file = join(to, entry.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, outputText)
  }
  const exports = { '.': './index.js', './lowlevel': './lowlevel.js', './testing': './testing/index.js' }
  writeFileSync(join(to, 'package.json'), JSON.stringify({ name: '@loop/core', type: 'module', exports }))
}
