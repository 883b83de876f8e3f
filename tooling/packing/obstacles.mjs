// What must be put right before anything is published.

/**
 * @param {object} state
 * @param {boolean} state.uncommitted whether something in the folder is not committed
 * @param {number} state.changesets how many wait to be turned into versions
 * @param {readonly Record<string, any>[]} state.manifests the package.json of every package that is published
 * @returns {string[]} a sentence each: what is in the way, and what to do
 */
export function obstacles({ uncommitted, changesets, manifests }) {
  const homeless = manifests.filter(({ repository }) => !isAddress(repository)).map(({ name }) => name)
  const found = []
  if (uncommitted) found.push('There are uncommitted changes: commit them.')
  if (changesets > 0)
    found.push(`${changesets} changesets wait: run "npm run changeset version" and commit what it writes.`)
  if (homeless.length > 0) {
    found.push(
      `${homeless.length} packages have no "repository" in package.json (${homeless[0]} is the first). npm shows it to users, and grants ` +
        'provenance only when it is the repository that the build runs in. Add "repository": { "type": "git", "url": "git+https://…", ' +
        '"directory": "packages/…" } to each.',
    )
  }
  return found
}

/** Whether a `repository` field names a place that people can visit. */
const isAddress = (/** @type {unknown} */ repository) => {
  const url = typeof repository === 'object' && repository !== null && 'url' in repository ? repository.url : repository
  return typeof url === 'string' && /^(git\+)?https:\/\/[^/]+\/.+|^github:[\w.-]+\/[\w.-]+$/.test(url)
}
