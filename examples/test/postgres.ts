import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, copyFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A PostgreSQL server that speaks TLS, on a port of its own. */
export interface Postgres extends AsyncDisposable {
  /** How its clients find it. */
  readonly env: Record<string, string>
}

const BINARIES = '/usr/lib/postgresql'
const certificate = (name: string): string =>
  fileURLToPath(new URL(`../../packages/net/test/tls/${name}.pem`, import.meta.url))

/** Where the server's programs are; undefined where there is none. */
export function postgresBinaries(): string | undefined {
  if (!existsSync(BINARIES)) return undefined
  const version = readdirSync(BINARIES)
    .sort((a, b) => Number(b) - Number(a))
    .find((each) => existsSync(join(BINARIES, each, 'bin', 'initdb')))
  return version === undefined ? undefined : join(BINARIES, version, 'bin')
}

/** Starts one; its data is gone when it is disposed of. */
export async function startPostgres(binaries: string): Promise<Postgres> {
  const home = mkdtempSync(join(tmpdir(), 'loop-postgres-'))
  const user = serverUser()
  const own = (path: string): void => {
    if (user !== null) chownSync(path, user.uid, user.gid)
  }
  own(home)
  const [key, cert, data] = ['key', 'cert', 'data'].map((name) => join(home, name)) as [string, string, string]
  for (const [name, path] of [
    ['key', key],
    ['cert', cert],
  ] as const) {
    copyFileSync(certificate(name), path)
    chmodSync(path, 0o600)
    own(path)
  }
  const as = { ...(user ?? {}), cwd: home }
  execFileSync(join(binaries, 'initdb'), ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync'], {
    ...as,
    stdio: 'pipe',
  })
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=localhost',
    'fsync=off',
    'ssl=on',
    `ssl_key_file=${key}`,
    `ssl_cert_file=${cert}`,
  ]
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, '-k', home, ...settings.flatMap((each) => ['-c', each])],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(server, 'close')
  let said = ''
  for await (const line of createInterface({ input: server.stderr })) {
    said += `${line}\n`
    if (line.includes('ready to accept connections')) break
  }
  if (!said.includes('ready to accept connections')) throw new Error(`PostgreSQL did not start:\n${said}`)
  server.stderr.resume()
  return {
    env: { PGHOST: 'localhost', PGPORT: String(port), PGUSER: 'postgres', PGSSLROOTCERT: certificate('cert') },
    async [Symbol.asyncDispose]() {
      server.kill('SIGINT')
      await ended
      rmSync(home, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The server refuses to run as root: then it runs as the user that its package made. */
function serverUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
