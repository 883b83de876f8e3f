// The C sources of the addon stand in layers: a file includes its own layer's header or a lower one, calls nothing of a
// higher layer, and no file calls itself by way of others. The compiler refuses an upward include, too; calls are seen
// here only, as C lets a file declare what it likes.

const folder = 'packages/selector-native/native/'

/** The layer that a file says it belongs to. */
const layerOf = (/** @type {string} */ text) => /^#define LN_LAYER (LN_LAYER_\w+)$/m.exec(text)?.[1]

/** Without comments and strings, in which names of functions stand, too. */
const code = (/** @type {string} */ text) => text.replace(/\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"/g, ' ')

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function nativeLayers({ files }) {
  const native = new Map([...files].filter(([path]) => path.startsWith(folder) && !path.includes('stand-in')))
  if (native.size === 0) return []
  const ranks = new Map(
    [...(native.get(`${folder}layers.h`) ?? '').matchAll(/^#define (LN_LAYER_\w+) (\d+)$/gm)].map(([, name, rank]) => [
      name,
      Number(rank),
    ]),
  )
  /** @type {string[]} */
  const problems = []
  /** @type {Map<string, number>} */
  const rankOf = new Map()
  /** @type {Map<string, string>} */
  const definedIn = new Map()
  for (const [path, text] of native) {
    if (!path.endsWith('.c')) continue
    const rank = ranks.get(layerOf(text) ?? '')
    if (rank === undefined) problems.push(`${path}: says no layer: #define LN_LAYER LN_LAYER_...`)
    else rankOf.set(path, rank)
    for (const [, name = ''] of code(text).matchAll(/^[a-z][^;{}=]*?\b(ln_\w+)\([^;{}]*\)\s*\{/gm)) {
      if (!definedIn.has(name)) definedIn.set(name, path)
    }
  }
  /** @type {Map<string, Set<string>>} */
  const calls = new Map()
  for (const [path, rank] of rankOf) {
    const text = code(native.get(path) ?? '')
    const own = [...definedIn].filter(([, where]) => where === path).map(([name]) => name)
    const targets = new Set()
    for (const [, name = ''] of text.matchAll(/\b(ln_\w+)\b/g)) {
      const where = definedIn.get(name)
      if (where === undefined || where === path || own.includes(name)) continue
      targets.add(where)
      if ((rankOf.get(where) ?? 0) > rank) problems.push(`${path}: uses ${name} of a higher layer, in ${where}`)
    }
    calls.set(path, targets)
  }
  return [...new Set(problems), ...circlesIn(calls)]
}

/**
 * @param {ReadonlyMap<string, ReadonlySet<string>>} graph
 * @returns {string[]}
 */
function circlesIn(graph) {
  /** @type {Set<string>} */
  const done = new Set()
  /** @type {string[]} */
  const trail = []
  /** @type {string[]} */
  const problems = []
  const visit = (/** @type {string} */ path) => {
    if (trail.includes(path))
      problems.push(`circle of calls: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
    if (done.has(path) || trail.includes(path)) return
    trail.push(path)
    for (const target of graph.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of graph.keys()) visit(path)
  return problems
}
