import { run, sleep, taskGroup, timeout, wrapPromise } from '@loop/runtime'

async function download() {
  const response = await wrapPromise((signal) => fetch('data:,hello', { signal }))
  console.log(await response.text())
}

async function never() {
  try {
    await sleep(60_000)
  } finally {
    console.log('cleaned up')
  }
}

const both = () =>
  taskGroup(async (group) => {
    group.createTask(download)
    group.createTask(never)
  })

await run(async () => {
  await timeout(500, both).catch((error) => console.log(error.message))
})
