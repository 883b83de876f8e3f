// npm run build: Turborepo with its telemetry off, and with the pinned pnpm, which it asks for the
// packages. Arguments go to `turbo run`.

import { ensurePnpm, workspaceEnv } from './pnpm.mjs'
import { CommandError } from './stage.mjs'
import { runTurbo } from './prepare.mjs'

try {
  await runTurbo(process.argv.slice(2), { env: workspaceEnv((await ensurePnpm()).path), show: true })
} catch (error) {
  if (!(error instanceof CommandError)) throw error
  process.exitCode = 1
}
