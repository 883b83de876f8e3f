// What the first program of each README prints, and where it cannot run.

/**
 * @typedef {object} Example
 * @property {readonly (string | RegExp)[]} prints lines that must appear, in this order; there may be others
 * @property {boolean} [endless] a server or a schedule: it is ended once it has printed its lines and answered
 * @property {number} [echoesOn] the port on which it sends back what it receives; a free port is put in its place
 * @property {string} [never] why it cannot run here; its types are checked all the same
 * @property {Readonly<Record<string, string>>} [not] runtime → why it cannot run there
 */

/** @type {Readonly<Record<string, Example>>} */
export const examples = {
  '@loop/core': { prints: ['quick', 'slow', 'TimeoutError'] },
  '@loop/create': { prints: ['src/jobs.ts src/main.ts src/service.ts src/work.ts'] },
  '@loop/eslint-plugin': { prints: ['no-blocking-in-task no-floating-task no-unstoppable-await'] },
  '@loop/executor': { prints: ['4999999950000000', '4999999950000000', '1', '4', '9'] },
  // How long it was blocked is the machine's to say.
  '@loop/monitor': { prints: [/^the loop was blocked for \d+ ms by compressImages \(callback\)$/] },
  '@loop/net': { prints: [], endless: true, echoesOn: 8888 },
  '@loop/policy': { prints: ['a year later: 2026-01-01T03:00:00.000Z'] },
  '@loop/process': {
    prints: ['hello', 'a b', 'line 1', 'line 2', 'line 3', 'TimeoutError'],
  },
  '@loop/runtime': { prints: ['meanwhile', '332833500'] },
  '@loop/scheduler': { prints: ['hello'], endless: true },
  '@loop/scheduler-pgboss': {
    prints: [],
    never: 'it needs a PostgreSQL server; the package has tests of its own against one',
  },
  '@loop/selector-native': {
    prints: [],
    endless: true,
    echoesOn: 8080,
    not: { bun: 'the native selector is for Node; isSupported() says so there' },
  },
  '@loop/selector-poll': { prints: ['hello'] },
  '@loop/signals': { prints: ['last of all', 'done'] },
  '@loop/sync': { prints: ['anna did wash', 'ben did dry', 'anna did iron'] },
}
