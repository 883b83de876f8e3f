import { packageBuild } from '../../tsup.shared.ts'

// Every program is an entry of its own: the demo finds programs by listing the folder.
export default packageBuild(['src/main.ts', 'src/tour.ts', 'src/jobs/main.ts', 'src/programs/*.ts'], {
  dts: false,
  sourcemap: false,
})
