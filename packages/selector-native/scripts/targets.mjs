/** The systems that a binary is made for. */

/**
 * @typedef {object} Target
 * @property {string} name the folder in prebuilds
 * @property {string} triple as zig names it, with the oldest system that is served
 * @property {number} largest bytes that the binary may have
 */

/**
 * glibc 2.28 and macOS 11 are what Node 20 itself needs. The sizes are those of the first build and a tenth; macOS keeps
 * code and data on pages of 16 KiB on arm64, and Windows has no C99 `snprintf`, which is therefore linked in.
 * @type {readonly Target[]}
 */
export const targets = [
  { name: 'linux-x64', triple: 'x86_64-linux-gnu.2.28', largest: 78_000 },
  { name: 'linux-arm64', triple: 'aarch64-linux-gnu.2.28', largest: 75_000 },
  { name: 'linux-x64-musl', triple: 'x86_64-linux-musl', largest: 75_000 },
  { name: 'linux-arm64-musl', triple: 'aarch64-linux-musl', largest: 75_000 },
  { name: 'darwin-x64', triple: 'x86_64-macos.11.0', largest: 78_000 },
  { name: 'darwin-arm64', triple: 'aarch64-macos.11.0', largest: 127_000 },
  { name: 'win32-x64', triple: 'x86_64-windows-gnu', largest: 98_000 },
  { name: 'win32-arm64', triple: 'aarch64-windows-gnu', largest: 91_000 },
]
