// Where things are, and what the root package.json pins. Everything here works before anything is installed.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root folder of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * Reads a JSON file.
 * @param {string} path
 * @returns {Record<string, any>}
 */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/**
 * What a `packageManager` field such as "pnpm@10.1.0+sha512.0a1b" pins.
 * @param {string | undefined} packageManager
 * @returns {{ version: string, sha512: string | undefined }} the hash of the tarball in hexadecimal digits, as Corepack
 *   writes it
 */
export function pinnedPnpm(packageManager) {
  const { 1: version, 2: sha512 } =
    /^pnpm@(\d+\.\d+\.\d+[^+]*)(?:\+sha512\.([0-9a-f]+))?$/.exec(packageManager ?? '') ?? []
  if (version === undefined) {
    throw new Error(`package.json: "packageManager" must be pnpm@VERSION, but is ${JSON.stringify(packageManager)}`)
  }
  return { version, sha512 }
}

/**
 * Whether a Node version satisfies a range of the form ">=20.19".
 * @param {string} version such as "20.20.2"
 * @param {string} range
 */
export function satisfies(version, range) {
  const wanted = /^>=\s*(\d+)\.(\d+)/.exec(range)
  if (!wanted) throw new Error(`package.json: "engines.node" must look like >=20.19, but is ${range}`)
  const [major, minor] = version.split('.').map(Number)
  const [, wantedMajor, wantedMinor] = wanted.map(Number)
  return major !== wantedMajor ? Number(major) > Number(wantedMajor) : Number(minor) >= Number(wantedMinor)
}

/**
 * The folders of all workspace packages, relative to the root, from the "folder/*" lines of pnpm-workspace.yaml.
 * @param {string} [from] root folder
 */
export function workspaceFolders(from = root) {
  const yaml = readFileSync(join(from, 'pnpm-workspace.yaml'), 'utf8')
  return [...yaml.matchAll(/^\s+- ["']?([\w-]+)\/\*["']?\s*$/gm)]
    .map((match) => /** @type {string} */ (match[1]))
    .filter((parent) => existsSync(join(from, parent)))
    .flatMap((parent) =>
      readdirSync(join(from, parent))
        .sort()
        .map((name) => `${parent}/${name}`),
    )
    .filter((folder) => existsSync(join(from, folder, 'package.json')))
}
