import { packageBuild } from '../../tsup.shared.ts'

export default packageBuild(['src/index.ts', 'src/descriptors.ts'], {
  // What is published loads its own binaries and no others, whatever the environment says.
  define: { 'process.env.LOOP_NATIVE_BINARY': 'undefined' },
})
