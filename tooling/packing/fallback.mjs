// What a program says of the native selector, and that it runs either way: printed as one line of JSON. It is copied
// into a project that has the packages from their tarballs.

import { getRunningLoop, isSupported, run } from '@loop/runtime'
import { openConnection, startServer } from '@loop/net/streams'

/** @type {string[]} */
const warnings = []
process.on('warning', ({ message }) => warnings.push(message))

const { selector, answer, sum } = await run(async () => {
  const loop = getRunningLoop()
  const server = await startServer(
    async (reader, writer) => {
      writer.write(await reader.readLine())
      writer.close()
    },
    { host: '127.0.0.1', port: 0 },
  )
  const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
  writer.write(Buffer.from('hello\n'))
  const answer = (await reader.readLine()).toString()
  await writer[Symbol.asyncDispose]()
  server.close()
  const sum = await loop.runInExecutor(null, (/** @type {number} */ a, /** @type {number} */ b) => a + b, 1, 2)
  return { selector: loop.selector.name, answer, sum }
})
// The warning comes by process.nextTick, which has been and gone.
console.log(JSON.stringify({ support: isSupported(), selector, answer, sum, warnings }))
