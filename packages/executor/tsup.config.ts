import { packageBuild } from '../../tsup.shared.ts'
import { workerSourceEsbuild } from './worker-source.mjs'

// The parser travels inside the build, in a chunk of its own that is loaded with the first function shipped. The
// programs of workers are strings in it.
export default packageBuild(['src/index.ts'], { noExternal: ['acorn'], esbuildPlugins: [workerSourceEsbuild()] })
