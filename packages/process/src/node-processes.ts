/** Processes of the system, over node:child_process, which does the forking and the waiting well. */
import { NotSupportedError } from '@loop/core'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import process from 'node:process'
import { findProgram, spawnErrorOf } from './spawn-errors.ts'
import type { ProcessEvents, ProcessProvider, ProcessRequest, StartedProcess } from './contracts.ts'
import { signalTree, treeAlive } from './trees.ts'

const windows = process.platform === 'win32'

/** See {@link ProcessProvider}. */
export const nodeProcesses: ProcessProvider = {
  name: 'node:child_process',
  asks: !windows,

  start(request, events) {
    const { file, args, shell } = commandOf(request)
    const { cwd, env, argv0, uid, gid } = request
    let child: ChildProcess
    try {
      child = spawn(file, args, {
        stdio: stdioOf(request),
        env: env as NodeJS.ProcessEnv,
        shell,
        detached: request.processGroup && !windows,
        windowsHide: request.windowsHide,
        windowsVerbatimArguments: request.windowsVerbatimArguments,
        ...(cwd === undefined ? {} : { cwd }),
        ...(argv0 === undefined ? {} : { argv0 }),
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
      })
    } catch (error) {
      throw spawnErrorOf(error as Error, request)
    }
    return follow(child, request, events)
  },
}

function follow(child: ChildProcess, request: ProcessRequest, events: ProcessEvents): StartedProcess | null {
  const { pid, stdin = null, stdout = null, stderr = null } = child
  if (pid === undefined) {
    for (const stream of [stdin, stdout, stderr]) stream?.on('error', ignore).destroy()
    child.once('error', (error) => {
      events.failed(spawnErrorOf(error, request))
    })
    return null
  }
  child.on('error', ignore)
  let running = true
  child.once('exit', (code, signal) => {
    running = false
    events.exited(code, signal)
  })
  // The loop that waits keeps this process alive, children alone do not.
  child.unref()
  return {
    pid,
    stdin,
    stdout,
    stderr,
    signal(signal, tree) {
      // Its number may be another's once it was waited for; that of a group is kept while it has members.
      if (tree && (running || request.processGroup)) return signalTree(pid, signal, request.processGroup)
      return running && signalOne(pid, signal)
    },
    treeAlive: () => request.processGroup && treeAlive(pid),
  }
}

function signalOne(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false
    throw error
  }
}

/**
 * What to run. To have both outputs in one pipe takes a shell: it duplicates the descriptor, which Node has no call
 * for, and then becomes the program. Whether the program is there has to be found out before it.
 */
function commandOf(request: ProcessRequest): { file: string; args: string[]; shell: boolean } {
  const { program, args, shell } = request
  if (!sharesAPipe(request)) return { file: program, args: [...args], shell }
  if (windows)
    throw new NotSupportedError("stderr: 'stdout' in a pipe is not possible on Windows: redirect in a command, 2>&1")
  if (shell) return { file: `exec 2>&1\n${program}`, args: [], shell }
  return { file: '/bin/sh', args: ['-c', 'exec "$0" "$@" 2>&1', findProgram(request), ...args], shell: false }
}

function sharesAPipe({ stdout, stderr }: ProcessRequest): boolean {
  return stderr === 'stdout' && stdout === 'pipe'
}

function stdioOf(request: ProcessRequest): StdioOptions {
  const { stdin, stdout, stderr } = request
  // In a pipe, the shell gives it its place; elsewhere it is the same place twice.
  const errors = stderr !== 'stdout' ? stderr : sharesAPipe(request) ? 'ignore' : stdout === 'inherit' ? 1 : stdout
  return [stdin, stdout, errors] as StdioOptions
}

function ignore(): void {}
