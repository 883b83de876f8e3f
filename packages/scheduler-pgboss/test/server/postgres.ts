/**
 * A PostgreSQL server of its own for the tests: Debian's package, installed on first use, a data folder in a temporary
 * directory, a socket in it and no network port.
 */
import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A running server. */
export interface Server {
  /** How to connect to a database; each name is a new, empty one. */
  url(database: string): string
  /** Stops it, as an administrator does, and starts it again a second later. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const BINARIES = '/usr/lib/postgresql'

/** Starts a server. Throws an Error that says why there can be none. */
export async function startPostgres(): Promise<Server> {
  const folder = binaries()
  const user = serverUser()
  const home = mkdtempSync(join(tmpdir(), 'loop-postgres-'))
  if (user !== null) chownSync(home, user.uid, user.gid)
  const as = { ...(user ?? {}), cwd: home }
  const data = join(home, 'data')
  try {
    execFileSync(join(folder, 'initdb'), ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync'], {
      ...as,
      stdio: 'pipe',
    })
    // The data is thrown away: losing it in a crash of the machine is no harm.
    const options = ['-D', data, '-k', home, '-c', 'listen_addresses=', '-c', 'fsync=off']
    const start = (): ChildProcess =>
      spawn(join(folder, 'postgres'), options, { ...as, stdio: ['ignore', 'ignore', 'pipe'] })
    let server = start()
    await untilReady(server)
    const halt = async (): Promise<void> => {
      const ended = new Promise((resolve) => server.on('close', resolve))
      // Fast shutdown: connections are closed, not waited for.
      server.kill('SIGINT')
      await ended
    }
    return {
      url(database) {
        execFileSync(join(folder, 'createdb'), ['-h', home, '-U', 'postgres', database], { cwd: home, stdio: 'pipe' })
        return `postgres://postgres@/${database}?host=${encodeURIComponent(home)}`
      },
      async restart() {
        await halt()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        server = start()
        await untilReady(server)
      },
      async stop() {
        await halt()
        rmSync(home, { recursive: true })
      },
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    throw error
  }
}

function binaries(): string {
  if (!existsSync(BINARIES)) install()
  const version = readdirSync(BINARIES)
    .sort((a, b) => Number(b) - Number(a))
    .find((each) => existsSync(join(BINARIES, each, 'bin', 'initdb')))
  if (version === undefined) throw new Error(`there is no PostgreSQL server in ${BINARIES}`)
  return join(BINARIES, version, 'bin')
}

function install(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error('PostgreSQL is not installed, and only root on Debian can install it here')
  }
  const options = { stdio: 'pipe' as const, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  try {
    execFileSync('apt-get', ['update'], options)
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', 'postgresql'], options)
  } catch (error) {
    throw new Error(`PostgreSQL could not be installed: ${(error as Error).message.split('\n')[0]}`, { cause: error })
  }
}

/** The server refuses to run as root: then it runs as the user that its package made. */
function serverUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Waits for the line that the server prints once it takes connections. */
function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stderr!.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('ready to accept connections')) resolve()
    })
    server.on('close', (code) => {
      reject(new Error(`PostgreSQL ended with ${code}: ${output.trim().split('\n').at(-1)}`))
    })
  })
}
