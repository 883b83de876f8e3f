/** Another revision of the repository: checked out beside, installed and built, and taken away again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { end, start } from '@loop/bench-kit'
import { root } from '../../../../tooling/bootstrap/workspace.mjs'

/** A revision that could not be made ready, with what the failing command said. */
export class RevisionError extends Error {
  static {
    this.prototype.name = 'RevisionError'
  }
}

/**
 * Runs a command to its end.
 * @param {readonly string[]} command
 * @param {string} cwd
 * @returns {Promise<string>} its output
 */
function execute(command, cwd) {
  return new Promise((resolve, reject) => {
    const child = start(command, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', reject)
    child.on('close', (code) => {
      end(child)
      if (code === 0) resolve(output)
      else
        reject(
          new RevisionError(
            `${command.slice(0, 3).join(' ')} failed:\n${output.trim().split('\n').slice(-12).join('\n')}`,
          ),
        )
    })
  })
}

/**
 * The short name of a commit.
 * @param {string} revision a commit, branch or tag
 * @returns {Promise<string>} rejects with RevisionError when there is none
 */
export async function commitOf(revision) {
  try {
    return (
      await execute(['git', 'rev-parse', '--short', '--verify', '--end-of-options', `${revision}^{commit}`], root)
    ).trim()
  } catch (error) {
    throw new RevisionError(`there is no revision ${revision} in this repository`, { cause: error })
  }
}

/** This checkout's commit, with a plus sign when files were changed; "unknown" without git. */
export async function thisRevision() {
  try {
    const changed = await execute(['git', 'status', '--porcelain', '--untracked-files=no'], root)
    return `${await commitOf('HEAD')}${changed.trim() === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

/**
 * Checks out, installs (from what is on this machine where that suffices) and builds.
 * @param {string} commit
 * @returns {Promise<{ folder: string, remove: () => Promise<void> }>}
 */
export async function checkOut(commit) {
  const parent = mkdtempSync(join(tmpdir(), 'loop-bench-'))
  const folder = join(parent, commit)
  const remove = async () => {
    await execute(['git', 'worktree', 'remove', '--force', folder], root).catch(() => '')
    rmSync(parent, { recursive: true, force: true })
    await execute(['git', 'worktree', 'prune'], root)
  }
  try {
    await execute(['git', 'worktree', 'add', '--detach', folder, commit], root)
    const install = ['pnpm', 'install', '--frozen-lockfile', '--ignore-scripts']
    await execute([...install, '--offline'], folder).catch(() => execute([...install, '--prefer-offline'], folder))
    await execute(
      [
        process.execPath,
        join(folder, 'node_modules', 'turbo', 'bin', 'turbo'),
        'run',
        'build',
        '--filter=./packages/*',
      ],
      folder,
    )
    return { folder, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
