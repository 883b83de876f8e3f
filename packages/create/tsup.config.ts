import { readFileSync } from 'node:fs'
import { packageBuild } from '../../tsup.shared.ts'

const { version } = JSON.parse(readFileSync(new URL('../runtime/package.json', import.meta.url), 'utf8')) as {
  version: string
}

// A project asks for the version of the packages that it was made with.
export default packageBuild(['src/index.ts', 'src/main.ts'], {
  define: { 'process.env.LOOP_VERSION': JSON.stringify(version) },
})
