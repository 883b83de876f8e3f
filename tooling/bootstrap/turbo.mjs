// pnpm build, pnpm typecheck: Turborepo with its telemetry off. Arguments go to `turbo run`.

import { workspaceEnv } from './pnpm.mjs'
import { CommandError } from './stage.mjs'
import { runTurbo } from './prepare.mjs'

try {
  await runTurbo(process.argv.slice(2), { env: workspaceEnv(undefined), show: true })
} catch (error) {
  if (!(error instanceof CommandError)) throw error
  process.exitCode = 1
}
