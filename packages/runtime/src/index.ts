/**
 * The facade: everything under one name. Local names come before those of the packages, so `run` here is the wired one.
 */
import * as subprocess from '@loop/process'

export * from '@loop/core'
export * from '@loop/executor'
export * from '@loop/monitor'
export * from '@loop/net'
export * from '@loop/policy'
export * from '@loop/scheduler'
export * from '@loop/selector-native'
export * from '@loop/selector-poll'
export * from '@loop/signals'
export * from '@loop/sync'
// Under a name of its own, as in Python: `subprocess.run`.
export { subprocess }
// Names that two packages have: the one that programs meet.
export type { TaskOptions } from '@loop/core'
export type { ConnectOptions } from '@loop/net'
export { bestSelector, nativeLoop } from './native-loop.ts'
export { run } from './run.ts'
