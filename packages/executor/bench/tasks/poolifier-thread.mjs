import { ThreadWorker } from 'poolifier'
import task from './default-exports.mjs'

export default new ThreadWorker(task)
