export { jobStoreSuite } from './job-store-suite.ts'
export type { JobStoreSuiteOptions } from './job-store-suite.ts'
