/** The job store in a SQLite file: what `@loop/scheduler/sqlite` exports. */
export * from '@loop/scheduler/sqlite'
