export { FakeProcesses } from './fake-processes.ts'
export type { FakeProcess, FakeProgram, FakeResult } from './fake-processes.ts'
