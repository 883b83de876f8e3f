/* eslint-disable @typescript-eslint/no-require-imports */
/* global module, require */
// CommonJS, because poolifier's first message is lost while an ES module is still being loaded.
const { ClusterWorker } = require('poolifier')
const { default: task } = require('./default-exports.mjs')

module.exports = new ClusterWorker(task)
