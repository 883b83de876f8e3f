// Tests that cannot hold on an emulated system, by name, each with its reason. A test that is not here has to pass.

/**
 * @typedef {object} Skip
 * @property {string} on the system: windows (also in wine), wine, arm64 or kqueue
 * @property {string} file the end of its path
 * @property {string | RegExp} [test] the full name, groups first, joined by " > "; without it, all of the file
 * @property {string} reason
 */

const NO_UNIX_SOCKETS = 'the addon has no unix sockets on Windows; pipes by path are tested over node:net'
const NO_SOCKET_FILES = 'what a path names on Windows is a pipe and no file; pipe-names.test.ts tests them'
const NO_SHARED_PORTS = 'Windows has no SO_REUSEPORT: several sockets cannot share a port there'
const NO_KINDS = 'Windows says of all that is no socket that it is none, whether it is open or not'
const NO_TIME = 'it makes 1,200 sessions of TLS in a process of its own, which took wine longer than its two minutes'
const NO_LIMIT = 'a limit of descriptors is set with a POSIX shell'
const NO_TERMINALS = 'Windows polls sockets only, no terminals'
const NO_SIGNALS = 'kill ends a process of Windows at once: no handler of it runs'
const NO_FILES = 'processes are inspected over pipes on Windows, which leave no files and have no directory'
const NO_PIPE_LIST = 'wine does not list its pipes, by which a process that can be inspected is found'
const NO_RESETS = 'wine tells a reset as an end, also to programs in C'
const NO_REFUSALS = 'wine does not tell that a datagram was refused, also to programs in C'

/** @type {readonly Skip[]} */
export const skips = [
  { on: 'windows', file: 'selector-native/test/listening.test.ts', test: / > a unix socket$/, reason: NO_UNIX_SOCKETS },
  { on: 'windows', file: 'selector-native/test/listening.test.ts', test: /reusePort/, reason: NO_SHARED_PORTS },
  {
    on: 'windows',
    file: 'selector-native/test/connection-life.test.ts',
    test: / unix socket /,
    reason: NO_UNIX_SOCKETS,
  },
  {
    on: 'windows',
    file: 'net/test/servers.test.ts',
    test: / > (a unix socket|a path that exists)/,
    reason: NO_SOCKET_FILES,
  },
  {
    on: 'wine',
    file: 'net/test/transport-writing.test.ts',
    test: / > writes to a connection that the peer broke/,
    reason: NO_RESETS,
  },
  { on: 'windows', file: 'net/test/closed-loop.test.ts', test: / > a server, its path, /, reason: NO_SOCKET_FILES },
  {
    on: 'wine',
    file: 'net/test/transport-lifecycle.test.ts',
    test: /over (TLS of )?streams .* > a reset by the peer /,
    reason: NO_RESETS,
  },
  {
    on: 'wine',
    file: 'net/test/streams.test.ts',
    test: /over (TLS of )?streams .* > a (lost connection|client that resets) /,
    reason: NO_RESETS,
  },
  {
    on: 'wine',
    file: 'net/test/datagrams.test.ts',
    test: /over streams .* > a failed send is told/,
    reason: NO_REFUSALS,
  },
  {
    on: 'windows',
    file: 'selector-native/test/bad-input.test.ts',
    test: /^\w+ \{"path":"\/(x|nowhere)/,
    reason: NO_UNIX_SOCKETS,
  },
  {
    on: 'windows',
    file: 'selector-native/test/raw-descriptors.test.ts',
    test: / > a descriptor that is not open /,
    reason: NO_KINDS,
  },
  { on: 'wine', file: 'selector-native/test/tls-workers.test.ts', test: /^contexts and sessions/, reason: NO_TIME },
  { on: 'windows', file: 'selector-native/test/watched-loop.test.ts', reason: NO_UNIX_SOCKETS },
  { on: 'windows', file: 'selector-native/test/process.test.ts', test: /without descriptors left/, reason: NO_LIMIT },
  { on: 'windows', file: 'selector-native/test/raw-descriptors.test.ts', test: / > a terminal$/, reason: NO_TERMINALS },
  { on: 'windows', file: 'runtime/test/ending-under-work.test.ts', reason: NO_SIGNALS },
  { on: 'windows', file: 'runtime/test/run.test.ts', test: /Ctrl\+C/, reason: NO_SIGNALS },
  { on: 'windows', file: 'signals/test/shutdown.test.ts', reason: NO_SIGNALS },
  { on: 'windows', file: 'signals/test/start-up.test.ts', reason: NO_SIGNALS },
  {
    on: 'windows',
    file: 'monitor/test/inspecting.test.ts',
    test: /^(a live process shows|a process that was killed|the next program|under a temporary|a directory that)/,
    reason: NO_FILES,
  },
  {
    on: 'wine',
    file: 'monitor/test/inspecting.test.ts',
    test: /^(a process whose|many tasks|several loops)/,
    reason: NO_PIPE_LIST,
  },
  { on: 'wine', file: 'selector-native/test/connection-life.test.ts', test: / > a reset /, reason: NO_RESETS },
  { on: 'wine', file: 'selector-native/test/listening.test.ts', test: / > close resets /, reason: NO_RESETS },
  { on: 'wine', file: 'selector-native/test/pulling.test.ts', test: / > a broken connection /, reason: NO_RESETS },
  { on: 'wine', file: 'selector-native/test/tls-sessions.test.ts', test: / > a peer that resets /, reason: NO_RESETS },
  {
    on: 'wine',
    file: 'selector-native/test/datagrams.test.ts',
    test: / > (errors of|every refusal)/,
    reason: NO_REFUSALS,
  },
]

/**
 * The full name of a test: its groups and itself.
 * @param {{ name: string, suite?: any }} task
 * @returns {string}
 */
export function nameOf(task) {
  const above = task.suite === undefined || task.suite.name === '' ? '' : `${nameOf(task.suite)} > `
  return `${above}${task.name}`
}

/**
 * Why a test cannot hold; undefined when it has to.
 * @param {string} system
 * @param {string} path of its file, with either kind of slash
 * @param {string} name
 */
export function reasonFor(system, path, name) {
  return skips.find((skip) => applies(skip, system, path, name))?.reason
}

/**
 * @param {Skip} skip
 * @param {string} system
 * @param {string} path
 * @param {string} name
 */
function applies({ on, file, test }, system, path, name) {
  const here = on === system || (on === 'windows' && system === 'wine')
  if (!here || !path.replaceAll('\\', '/').endsWith(file)) return false
  return test === undefined || (typeof test === 'string' ? test === name : test.test(name))
}
