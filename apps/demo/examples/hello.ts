import { getRunningLoop, run, sleep, taskGroup } from '@loop/core'

await run(async () => {
  getRunningLoop().callLater(20, console.log, 'timer')
  await taskGroup(async (group) => {
    group.createTask(async () => {
      await sleep(30)
      console.log('slow task')
    })
    group.createTask(async () => {
      await sleep(10)
      console.log('quick task')
    })
  })
  console.log('both done')
})
