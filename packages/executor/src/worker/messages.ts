/** What travels between a pool and its workers. Both ends are always of one version. */
import type { MessagePort } from 'node:worker_threads'
import type { WorkerStart } from '../pool/pool-worker.ts'
import type { Definition } from './function-table.ts'

/** What a new thread is given. */
export interface ThreadWorkerData extends WorkerStart {
  readonly name: string
  readonly port: MessagePort
  readonly memory: SharedArrayBuffer
  readonly unwritten: Int32Array
}

/** From the pool to a thread; a bare number is the bell. */
export interface ToThread {
  readonly definitions?: readonly Definition[]
  /** Functions that it need not keep. */
  readonly forget?: readonly number[]
  /** Flat: slot, number of arguments, the arguments, and so on. */
  readonly calls?: readonly unknown[]
  /** The arguments of this slot were sent by mistake. */
  readonly drop?: number
  /** Look at the running task's abort flag. */
  readonly interrupt?: true
  readonly close?: true
}

/** From a thread to the pool; a bare number is the bell. */
export interface FromThread {
  /** Flat: slot, 0 for a value or 1 for an encoded error, that, and so on. */
  readonly answers?: readonly unknown[]
  /** Where it was written to, the text, and what it counts for. */
  readonly output?: readonly [1 | 2, string | Uint8Array, number]
  readonly ready?: true
  /** Its heap is larger than the pool allows. */
  readonly retire?: true
  readonly initializerFailed?: unknown
}

/** Values of an answer of a thread. */
export const THREAD_ANSWER = 3

/** From the pool to a process. */
export interface ToProcess {
  readonly start?: WorkerStart
  readonly definitions?: readonly Definition[]
  /** Functions that it need not keep. */
  readonly forget?: readonly number[]
  /** Flat: number of the task, function, flags, number of arguments, the arguments, and so on. */
  readonly calls?: readonly unknown[]
  /** Look whether the running task is asked to stop. */
  readonly interrupt?: true
  readonly close?: true
}

/** From a process to the pool. */
export interface FromProcess {
  /** Flat: number of the task, 0 for a value or 1 for an encoded error, that, start, duration, and so on. */
  readonly answers?: readonly unknown[]
  /** A watched task has started: its number and the time. */
  readonly started?: readonly [number, number]
  readonly ready?: true
  /** Its heap is larger than the pool allows. */
  readonly retire?: true
  readonly initializerFailed?: unknown
  /** It ends as soon as its output is out. */
  readonly leaving?: true
  /** What ends it: an error that nothing caught. */
  readonly uncaught?: unknown
}

/** Distinguishes a message to the pool from what a task sends with `process.send`. */
export interface Envelope {
  readonly '@loop/executor': FromProcess
}

/** Values of an answer of a process. */
export const PROCESS_ANSWER = 5

/** Flags of a call to a process. */
export const MAY_TAKE_LONG = 1
export const WATCHED = 2
export const PLACEHOLDERS = 4

/** Node's channel cannot carry a message of 2 GiB; this leaves room for what the estimate misses. */
export const MOST_BYTES = 2_000_000_000
/** Values of this size together are sent, so that no batch comes near the most that the channel carries in a message. */
export const FULL_BYTES = 1 << 24
