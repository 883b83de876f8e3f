// A raw descriptor, watched by the native selector: a pipe whose other end is written while the loop does other things.
import { closeSync, readSync, writeSync } from 'node:fs'
import { getRunningLoop, isSupported, run, sleep } from '@loop/runtime'
import { pipe } from '@loop/selector-native/descriptors'

/** The lines that arrive at a descriptor, to its end. */
async function* lines(fd: number): AsyncGenerator<string> {
  const loop = getRunningLoop()
  const buffer = Buffer.alloc(64)
  let text = ''
  for (;;) {
    const readable = loop.createFuture<void>()
    loop.addReader(fd, () => {
      loop.removeReader(fd)
      readable.setResult()
    })
    await readable
    const count = readSync(fd, buffer)
    if (count === 0) return // the writing end was closed
    const whole = (text + buffer.toString('utf8', 0, count)).split('\n')
    text = whole.pop() ?? '' // a line that has not ended
    yield* whole
  }
}

const support = isSupported()
if (!support.supported) {
  console.log('skipped:', support.reason)
  process.exit()
}

await run(async () => {
  const { reader, writer } = pipe()
  getRunningLoop().createTask(async () => {
    for (const text of ['one', 'two', 'three']) {
      await sleep(10)
      writeSync(writer, `${text}\n`)
    }
    closeSync(writer)
  })
  for await (const line of lines(reader)) console.log('got', line)
  closeSync(reader)
  console.log('end')
})

/* Prints:
got one
got two
got three
end
*/
