// A reference, because an import cannot bring a pattern of modules along, and other packages compile these sources too.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./worker-source.d.ts" />

/** The programs of workers as texts; `worker-source.mjs` of this package makes them. */
export { default as processProgram } from './process-main.ts?worker-source'
export { default as threadProgram } from './thread-main.ts?worker-source'
