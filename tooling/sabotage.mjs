#!/usr/bin/env node
// Makes each operation fail in turn, for every one of them, where the everyday tests try a slice: npm run test:sabotage
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync('vitest', ['run', 'sabotage', '--disable-console-intercept'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, LOOP_SABOTAGE: 'all' },
})
process.exit(status ?? 1)
