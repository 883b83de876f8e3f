// A command in the foreground: it has the terminal, the signals and the exit code.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { root } from './workspace.mjs'

/**
 * npm gives a signal that it gets to the shell that it started us with, which does not pass it on: all we see is that
 * the shell is gone. Then nobody waits for the command any more. A second is soon enough to notice, and seldom enough to
 * cost nothing.
 * @param {() => void} act
 */
function whenOrphaned(act) {
  const parent = process.ppid
  const looking = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(looking)
    act()
  }, 1000)
  looking.unref()
}

/**
 * Runs a command until it ends, in the root folder.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code; as a shell has it when a signal ended it, or when there is no such command
 */
export function foreground(command, args, env = process.env) {
  // Windows' commands are .cmd files, which only a shell can start.
  const shell = process.platform === 'win32' && command !== process.execPath
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env, shell })
  // Ctrl+C reaches the command too: wait for it to end instead of ending before it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(() => child.kill('SIGTERM'))
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`)
      resolve(127)
    })
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
