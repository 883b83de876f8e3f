import { packageBuild } from '../../tsup.shared.ts'

// The parser travels inside the build, in a chunk of its own that is loaded with the first function shipped.
export default packageBuild(['src/index.ts'], { noExternal: ['acorn'] })
