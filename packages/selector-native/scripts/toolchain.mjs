/** What the scripts share: where Node's headers are, which sources there are, and their hash. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const native = join(root, 'native')

/** The directory with node_api.h and uv.h: the running Node's own, or the one named by npm_config_nodedir. */
export function headers() {
  const candidates = [
    process.env.npm_config_nodedir && join(process.env.npm_config_nodedir, 'include', 'node'),
    join(dirname(process.execPath), '..', 'include', 'node'),
    '/usr/include/node',
    '/usr/local/include/node',
  ]
  const found = candidates.find(
    (path) => path && existsSync(join(path, 'node_api.h')) && existsSync(join(path, 'uv.h')),
  )
  if (found === undefined)
    throw new Error(
      `Node's headers were not found; set npm_config_nodedir. Looked in: ${candidates.filter(Boolean).join(', ')}`,
    )
  return found
}

/** The C files, sorted. */
export const sources = () =>
  readdirSync(native)
    .filter((name) => name.endsWith('.c'))
    .sort()

/** A hash over every source and header: the binary carries the one it was built from. */
export function sourceHash() {
  const hash = createHash('sha256')
  for (const name of readdirSync(native)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(native, name)))
      .update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}

/** Flags of every build. @param {string} include folder of Node's headers */
export const flags = (include) => [
  '-std=c11',
  '-D_DEFAULT_SOURCE',
  '-fPIC',
  '-fvisibility=hidden',
  '-fno-strict-aliasing',
  '-Wall',
  '-Wextra',
  '-Wshadow',
  '-Werror',
  `-DLN_SOURCE_HASH="${sourceHash()}"`,
  `-I${include}`,
]
