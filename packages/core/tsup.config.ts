import { packageBuild } from '../../tsup.shared.ts'

// The data structures are files of their own, so that a bundler which needs one of them takes nothing else: bundlers
// leave out files that are not needed, but no class with a computed member such as Node's inspection method.
export default packageBuild([
  'src/index.ts',
  'src/lowlevel.ts',
  'src/testing/index.ts',
  'src/base/ready-queue.ts',
  'src/base/timer-heap.ts',
])
