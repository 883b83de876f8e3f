import { ClusterWorker } from 'poolifier'
import task from './default-exports.mjs'

export default new ClusterWorker(task)
