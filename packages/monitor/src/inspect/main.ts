#!/usr/bin/env node
import process from 'node:process'
import { command } from './command.ts'

void command(process.argv.slice(2), console.log, console.error).then((code) => {
  process.exitCode = code
})
