#!/usr/bin/env node
import { command } from './command.ts'

const output = { say: (text: string) => console.log(text), complain: (text: string) => console.error(text) }
void command(process.argv.slice(2), output, process.env['npm_config_user_agent']).then((code) => {
  process.exitCode = code
})
