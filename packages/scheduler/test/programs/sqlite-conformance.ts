/** The contract of job stores on SQLite, for a Node that has node:sqlite. Runs on its own Node, with node:test. */
import { test } from 'node:test'
import { sqliteSuite } from '../sqlite-suite.ts'

sqliteSuite(test, { driver: 'node' })
