export { FaultyStore } from './faulty-store.ts'
export type { StoreFault } from './faulty-store.ts'
export { jobStoreSuite } from './job-store-suite.ts'
export type { JobStoreSuiteOptions } from './job-store-suite.ts'
