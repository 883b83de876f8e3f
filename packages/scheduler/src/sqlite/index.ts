export type { SqliteDriver } from './driver.ts'
export { SqliteStore } from './sqlite-store.ts'
export type { SqliteStoreOptions } from './sqlite-store.ts'
