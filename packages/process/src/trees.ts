/**
 * A process and what it has started.
 *
 * On POSIX systems that is its process group: what is started joins the group of whoever started it, and stays there
 * when that has ended, so that one call reaches all. A program that leaves the group (a daemon, by `setsid`) leaves the
 * tree. On Windows `taskkill /T` follows parents to children.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'

/**
 * Sends a signal to the group that `pid` leads, or to it alone when it leads none. False when nobody is left.
 *
 * The number of a group is not given to another process while it has members; when it has none, the signal goes nowhere
 * unless the number was used again at once. So groups are asked right after their leader has ended, or not at all.
 */
export function signalTree(pid: number, signal: NodeJS.Signals | number, group: boolean): boolean {
  if (process.platform === 'win32') return endTreeOfWindows(pid)
  try {
    process.kill(group ? -pid : pid, signal)
    return true
  } catch (error) {
    // macOS says EPERM of a group that has only dead members.
    const { code } = error as { code?: string }
    if (code === 'ESRCH' || (code === 'EPERM' && group && process.platform === 'darwin')) return false
    throw error
  }
}

/** Whether a process of the group that `pid` led lives; dead ones that nobody has waited for do not count. */
export function treeAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0)
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM' && process.platform !== 'darwin'
  }
  return process.platform !== 'linux' || hasLiveMember(pid)
}

/** Looks at every process: on Linux the dead count as members until their parent, or init, has waited for them. */
function hasLiveMember(group: number): boolean {
  let processes: string[]
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return true
  }
  return processes.some((pid) => {
    try {
      // "pid (name) state parent group …"; a name may have spaces and parentheses.
      const [state, , member] = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      return Number(member) === group && state !== 'Z' && state !== 'X'
    } catch {
      return false
    }
  })
}

/** Windows has no signals: the tree is ended at once, children first. */
function endTreeOfWindows(pid: number): boolean {
  const ending = spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true })
  ending.on('error', () => {
    try {
      process.kill(pid)
    } catch {
      // It has ended.
    }
  })
  ending.unref()
  return true
}
