// An asyncio program, ported line by line: a producer, consumers, a timeout, a group. The Python stands beside it.
import { deterministicLoop, run, sleep, taskGroup, timeout, TimeoutError, Queue } from '@loop/runtime'

// async def producer(queue):
//     for i in range(4):
//         await asyncio.sleep(0.1)
//         await queue.put(i)
async function producer(queue: Queue<number>): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await sleep(100) // milliseconds
    await queue.put(i)
  }
}

// async def consumer(name, queue):
//     while True:
//         item = await queue.get()
//         print(f"{name} got {item}")
//         queue.task_done()
async function consumer(name: string, queue: Queue<number>): Promise<never> {
  for (;;) {
    const item = await queue.get()
    console.log(`${name} got ${item}`)
    queue.taskDone()
  }
}

// async def main():
//     queue = asyncio.Queue(maxsize=2)
//     try:
//         async with asyncio.timeout(1):
//             async with asyncio.TaskGroup() as group:
//                 for name in ("anna", "ben"):
//                     group.create_task(consumer(name, queue))
//                 await producer(queue)
//                 await queue.join()
//                 print("all done, the consumers wait for more")
//     except TimeoutError:
//         print("the timeout ended them")
async function main(): Promise<void> {
  const queue = new Queue<number>(2)
  try {
    await timeout(1_000, async () => {
      await taskGroup(async (group) => {
        for (const name of ['anna', 'ben']) group.createTask(() => consumer(name, queue)) // uncalled: a function
        await producer(queue)
        await queue.join()
        console.log('all done, the consumers wait for more')
      })
    })
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log('the timeout ended them')
  }
}

// asyncio.run(main())
await run(main, { loopFactory: deterministicLoop() }) // in virtual time, to be quick

/* Prints:
anna got 0
ben got 1
anna got 2
ben got 3
all done, the consumers wait for more
the timeout ended them
*/
