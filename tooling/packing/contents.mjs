// What a tarball must and must not hold.

/** Every file of a tarball is one of these; all others were packed by accident. */
const shipped = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^CHANGELOG\.md$/,
  /^dist\/.+\.(js|cjs|d\.ts|js\.map|cjs\.map)$/,
  // What `npm create` copies.
  /^template\/.+/,
  // The native package: its binaries, its sources, and what builds them.
  /^prebuilds\/[\w-]+\/.+\.node$/,
  /^native\/.+/,
  /^scripts\/(build|toolchain)\.mjs$/,
]

/** Fields that say something only inside the workspace, or run code on the user's machine. */
const unwanted = ['scripts', 'devDependencies', 'private']

/**
 * @param {import('./packages.mjs').Tarball} tarball
 * @returns {string[]} what is wrong with it
 */
export function problemsOf({ contents, manifest }) {
  const files = new Set(contents)
  const missing = ['package.json', 'README.md', 'LICENSE']
    .filter((path) => !files.has(path))
    .map((path) => `${path} is missing`)
  const extra = contents
    .filter((path) => !shipped.some((pattern) => pattern.test(path)))
    .map((path) => `${path} should not be in it`)
  const absent = targets([manifest.exports, manifest.bin])
    .filter((path) => !files.has(path))
    .map((path) => `package.json names ${path}, which is not in it`)
  const fields = unwanted.filter((field) => field in manifest).map((field) => `package.json has "${field}"`)
  return [...missing, ...extra, ...absent, ...fields, ...ranges(manifest)]
}

/**
 * The files that an `exports` or `bin` field names, at any depth.
 * @param {unknown} value
 * @returns {string[]}
 */
function targets(value) {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targets) : []
}

/**
 * Ranges that only pnpm understands.
 * @param {Record<string, any>} manifest
 * @returns {string[]}
 */
function ranges({ dependencies, peerDependencies, optionalDependencies }) {
  return Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies })
    .filter(([, range]) => /^(workspace|catalog|file|link):/.test(range))
    .map(([name, range]) => `package.json asks for ${name}@${range}`)
}
