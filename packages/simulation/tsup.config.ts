import { packageBuild } from '../../tsup.shared.ts'

export default packageBuild(['src/index.ts', 'src/node/index.ts', 'src/jobs/index.ts'])
