// What pnpm leaves out of a package.json when it packs: everything that has a meaning only inside this workspace.
// CommonJS, because pnpm loads this file with require.

/* global module */
module.exports = { hooks: { beforePacking } }

/**
 * The manifest that users get: no scripts, no development tools, and no @loop/source condition, whose target, the
 * sources, is not in the tarball.
 * @param {Record<string, any>} manifest
 */
function beforePacking({ scripts: _scripts, devDependencies: _tools, ...manifest }) {
  const exports = Object.entries(manifest.exports ?? {}).map(([entry, target]) => [entry, withoutSource(target)])
  return { ...manifest, exports: Object.fromEntries(exports) }
}

/** @param {string | Record<string, string>} target */
function withoutSource(target) {
  if (typeof target === 'string') return target
  const { '@loop/source': _source, ...conditions } = target
  return conditions
}
