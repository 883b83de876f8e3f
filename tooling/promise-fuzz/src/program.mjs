/**
 * A program as plain data: what is generated, shrunk, recorded and printed.
 *
 * @typedef {'async' | 'generator'} Form
 *
 * @typedef {{ op: string, [detail: string]: any }} Statement a wait, a scope, something started, or something asked for
 *
 * @typedef {Statement[]} Body
 *
 * @typedef {{ kind: 'body', body: Body, form: Form }
 *   | { kind: 'task', id: number }
 *   | { kind: 'foreign' | 'sleep' | 'fails', ms: number }
 *   | { kind: 'memo', name: string }} Item what gather and the like are given
 *
 * @typedef {object} LoopProgram
 * @property {Body} body of its main task
 * @property {Form} form
 * @property {boolean} tidy whether it ends only when nothing that nobody waits for is left
 * @property {number} budget milliseconds of turns in a row; 0 for one at a time
 *
 * @typedef {object} Program
 * @property {number} seed
 * @property {boolean} outsideFirst whether promises of others settle before the loops' timers of the same moment
 * @property {Record<string, Body>} memos what is loaded once and awaited by many
 * @property {LoopProgram[]} loops
 */
export {}
