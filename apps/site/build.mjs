// npm run site: writes the pages and builds the site into dist, without a network. With --dev, serves it while one works.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeContent } from './content.mjs'
import { bundlePlayground } from './playground.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const content = join(here, 'build')

const contents = await writeContent(content)
writeFileSync(join(content, 'contents.json'), JSON.stringify(contents))
await bundlePlayground(join(content, 'public', 'playground'))

const vitepress = join(here, 'node_modules', 'vitepress', 'bin', 'vitepress.js')
execFileSync(process.execPath, [vitepress, process.argv.includes('--dev') ? 'dev' : 'build', here], {
  stdio: 'inherit',
})
