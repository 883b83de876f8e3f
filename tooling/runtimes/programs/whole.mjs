// All packages together: on Node with the native selector, on Bun and Deno on @loop/selector-poll, which they are told.

import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { getRunningLoop, isSupported, Queue, run, sleep } from '@loop/runtime'
import { openConnection, startServer } from '@loop/net/streams'
import { report, same } from './report.mjs'

const other = ['Bun', 'Deno'].find((name) => process.versions[name.toLowerCase()] !== undefined)

await report('the native selector works, or says why not', () => {
  const support = isSupported()
  same(support.supported, other === undefined)
  if (!support.supported && !support.reason.includes(`${other} does not provide`)) throw new Error(support.reason)
})

/** @type {string[]} */
const warnings = []
process.on('warning', ({ message }) => warnings.push(message))

await report(
  'the loop runs on the best selector there is, and warns once where that is not the native one',
  async () => {
    same(await run(async () => getRunningLoop().selector.name === 'poll'), other !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 10))
    same(warnings.filter((text) => text.includes('using @loop/selector-poll')).length, other === undefined ? 0 : 1)
  },
)

await report('a server and a client speak', async () => {
  const answer = await run(async () => {
    const server = await startServer(
      async (reader, writer) => {
        writer.write(await reader.readLine())
        writer.close()
      },
      { host: '127.0.0.1', port: 0 },
    )
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    writer.write(Buffer.from('hello\n'))
    const line = await reader.readLine()
    await writer[Symbol.asyncDispose]()
    server.close()
    return line.toString()
  })
  same(answer, 'hello\n')
})

await report('a function runs in the default executor', async () => {
  const add = (/** @type {number} */ a, /** @type {number} */ b) => a + b
  same(await run(async () => getRunningLoop().runInExecutor(null, add, 1, 2)), 3)
})

await report('tasks meet in a queue', async () => {
  const got = await run(async () => {
    const queue = /** @type {Queue<number>} */ (new Queue())
    getRunningLoop().createTask(async () => {
      for (const item of [1, 2, 3]) await queue.put(item)
    })
    return [await queue.get(), await queue.get(), await queue.get()]
  })
  same(got, [1, 2, 3])
})

await report('a handler of a signal is added and removed', async () => {
  const removed = await run(async () => {
    const loop = getRunningLoop()
    loop.addSignalHandler('SIGTERM', () => {})
    await sleep(0)
    return [loop.removeSignalHandler('SIGTERM'), loop.removeSignalHandler('SIGTERM')]
  })
  same(removed, [true, false])
})

// Embedders give Node another name: electron.exe, or that of an application of one file.
if (other === undefined) {
  await report('a Node of another name loads the native selector', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loop-renamed-'))
    try {
      const renamed = join(folder, basename(process.execPath).replace('node', 'electron'))
      copyFileSync(process.execPath, renamed)
      const program = `import { isSupported } from '@loop/runtime'; console.log(isSupported().supported)`
      const { stdout } = await promisify(execFile)(renamed, ['--input-type=module', '-e', program], {
        cwd: dirname(fileURLToPath(import.meta.url)),
      })
      same(stdout.trim(), 'true')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
