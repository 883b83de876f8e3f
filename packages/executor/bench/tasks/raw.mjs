import { parentPort } from 'node:worker_threads'
import * as functions from './functions.mjs'

parentPort.on('message', ({ id, name, arg }) => parentPort.postMessage({ id, value: functions[name](arg) }))
