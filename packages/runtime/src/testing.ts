/** Virtual clocks, leak checks and contract suites: what `@loop/core/testing` and `@loop/scheduler/testing` export. */
export * from '@loop/core/testing'
export * from '@loop/scheduler/testing'
