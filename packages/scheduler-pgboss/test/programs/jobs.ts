// The demo's jobs on the store that the command line names: the very program that `pnpm --filter @loop/demo jobs` runs.
import '../../../../apps/demo/src/jobs/main.ts'
