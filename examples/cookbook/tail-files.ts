// Following many files, as tail -f does: a task for each, lines in one queue, and an end that loses nothing.
import { appendFile, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { getRunningLoop, Queue, run, sleep, taskGroup } from '@loop/runtime'

interface Line {
  readonly file: string
  readonly text: string
}

/** Puts the lines that are added to a file into a queue, until it is cancelled; then what is there once more. */
async function follow(path: string, lines: Queue<Line>): Promise<void> {
  const loop = getRunningLoop()
  const file = await loop.wrap(open(path, 'r'))
  const bytes = Buffer.alloc(64 * 1024)
  let position = 0
  let rest = ''
  const readOn = async () => {
    for (;;) {
      const { bytesRead } = await loop.wrap(file.read(bytes, 0, bytes.length, position))
      if (bytesRead === 0) return
      position += bytesRead
      const [...whole] = (rest + bytes.toString('utf8', 0, bytesRead)).split('\n')
      rest = whole.pop() ?? ''
      for (const text of whole) await lines.put({ file: basename(path), text })
    }
  }
  try {
    for (;;) {
      await readOn()
      await sleep(20)
    }
  } finally {
    await readOn() // a clean-up may wait
    await file.close()
  }
}

await run(async () => {
  const loop = getRunningLoop()
  const folder = await loop.wrap(mkdtemp(join(tmpdir(), 'tail-')))
  const paths = ['a.log', 'b.log', 'c.log'].map((name) => join(folder, name))
  for (const path of paths) await loop.wrap(appendFile(path, 'begins\n'))

  const lines = new Queue<Line>(100) // a slow reader slows the files down
  const seen: string[] = []
  await taskGroup(async (group) => {
    const followers = paths.map((path) => group.createTask(() => follow(path, lines)))
    const reader = group.createTask(async () => {
      for (;;) {
        const { file, text } = await lines.get()
        seen.push(`${file}: ${text}`)
        lines.taskDone()
      }
    })
    for (const path of paths) await loop.wrap(appendFile(path, 'goes on\nand '))
    await sleep(50)
    await loop.wrap(appendFile(paths[0]!, 'on\n'))
    for (const follower of followers) follower.cancel()
    for (const follower of followers) await follower.catch(() => undefined)
    await lines.join()
    reader.cancel()
  })
  for (const line of seen.sort()) console.log(line)
  await loop.wrap(rm(folder, { recursive: true }))
})

/* Prints:
a.log: and on
a.log: begins
a.log: goes on
b.log: begins
b.log: goes on
c.log: begins
c.log: goes on
*/
