export { MemorySelector } from './memory-selector.ts'
export { recorder } from './recorder.ts'
export type { Recorder } from './recorder.ts'
export { VirtualClock } from './virtual-clock.ts'
