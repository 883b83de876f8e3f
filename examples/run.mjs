// npm run example NAME: runs a program of this folder over the sources of the packages; without a name, lists them.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const place = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))
const wanted = process.argv[2]?.replace(/\.ts$/, '') ?? ''
const name =
  existsSync(place(`cookbook/${wanted}.ts`)) && !existsSync(place(`${wanted}.ts`)) ? `cookbook/${wanted}` : wanted

if (existsSync(place(`${name}.ts`))) {
  const loader = import.meta.resolve('@loop/test-kit/strip-types')
  const program = spawn(process.execPath, ['--conditions=@loop/source', '--import', loader, place(`${name}.ts`)], {
    stdio: 'inherit',
  })
  program.on('close', (code) => (process.exitCode = code ?? 1))
} else {
  for (const folder of ['.', 'cookbook']) {
    for (const file of readdirSync(place(folder)).filter(
      (each) => each.endsWith('.ts') && !each.includes('.config.'),
    )) {
      const idea = readFileSync(place(`${folder}/${file}`), 'utf8')
        .split('\n')[0]
        ?.replace('// ', '')
      const path = folder === '.' ? file : `${folder}/${file}`
      console.log(`${path.replace('.ts', '').padEnd(30)} ${idea}`)
    }
  }
  process.exitCode = name === '' ? 0 : 1
}
