// Chromium for the tests of the demo's page: Debian's package, installed where that can be done without asking.

import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execute } from './stage.mjs'

/** Names under which systems install it. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * The path of the Chromium on PATH; undefined when there is none.
 * @param {string} [path] folders to look in
 */
export function findChromium(path = process.env.PATH ?? '') {
  const places = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Why it cannot be installed here; undefined when it can. */
const obstacle = () =>
  process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
    ? undefined
    : 'only root on Debian can install it here'

/**
 * Installs Chromium when it is missing and that is possible. Its absence is no failure: the tests that need it are
 * skipped, and the note says why.
 * @returns {Promise<string>} what happened, in a few words
 */
export async function ensureChromium() {
  if (findChromium() !== undefined) return 'present'
  const why = obstacle()
  if (why !== undefined) return `missing, the page is not tested: ${why}`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await execute('apt-get', ['update'], { env })
    await execute('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], { env })
  } catch (error) {
    return `missing, the page is not tested: ${/** @type {Error} */ (error).message}`
  }
  return 'installed'
}
