/** Which of Node's functions the addon calls: what host_windows.c looks up in the running program. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names of Node-API and libuv that appear in the sources as calls and in Node's headers as functions. The sources have
 * functions of their own that begin with "uv_"; the headers tell them apart.
 * @param {string} native folder of the sources
 * @param {string} include folder of the headers
 */
export function hostNames(native, include) {
  const called = namesIn(native, readdirSync(native))
  const declared = namesIn(include, ['uv.h', 'uv/win.h', 'node_api.h', 'js_native_api.h'])
  return [...called].filter((name) => declared.has(name)).sort()
}

/**
 * @param {string} folder
 * @param {readonly string[]} files
 */
function namesIn(folder, files) {
  const texts = files.filter((name) => /\.[ch]$/.test(name)).map((name) => readFileSync(join(folder, name), 'utf8'))
  return new Set(texts.flatMap((text) => [...text.matchAll(/\b(?:napi|uv)_[a-z0-9_]+(?= *\()/g)].map(([name]) => name)))
}

/**
 * Writes host_names.h into a folder.
 * @param {string} folder
 * @param {string} native
 * @param {string} include
 */
export function writeHostNames(folder, native, include) {
  const entries = hostNames(native, include).map((name, index) => `X(${index}, ${name})`)
  writeFileSync(join(folder, 'host_names.h'), `#define LN_HOST_NAMES(X) ${entries.join(' ')}\n`)
}
