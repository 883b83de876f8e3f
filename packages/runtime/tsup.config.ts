import { packageBuild } from '../../tsup.shared.ts'

export default packageBuild(['src/index.ts', 'src/streams.ts', 'src/sqlite.ts', 'src/testing.ts'])
