export {
  AmbientError,
  HostFailedError,
  NotDeterministicError,
  SimulationError,
  TimeLimitError,
  UnknownHostError,
  WorldAtRestError,
  WorldSpinsError,
} from './errors.ts'
export type { DiskConditions } from './disk/disk.ts'
export type { Data, EncodingOption, FileStats, FileSystem, OpenFile } from './disk/file-system.ts'
export type { NetworkConditions, Range } from './network/conditions.ts'
export type { Check, SimulateOptions } from './options.ts'
export { Random } from './random.ts'
export { simulate } from './simulate.ts'
export type { Simulation, SimulationResult } from './simulate.ts'
export { currentHost } from './world/host.ts'
export type { CrashOptions, Host, HostMain, HostOptions } from './world/host.ts'
export type { FaultKind, FaultProfile, RandomFaults } from './world/fault-profile.ts'
export { SimulatedLoop } from './world/simulated-loop.ts'
export type { Hosts, World } from './world/world.ts'
