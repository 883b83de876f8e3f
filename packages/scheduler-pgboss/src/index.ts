export { PgBossStore } from './pg-boss-store.ts'
export type { PgBossStoreOptions } from './pg-boss-store.ts'
