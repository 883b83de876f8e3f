// Worker threads behind HTTP: the server answers while they compute; whoever hangs up frees the worker; a full queue is 503.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ThreadPoolExecutor } from '@loop/runtime'

function fibonacci(n: number): number {
  const slow = (n: number): number => (n < 2 ? n : slow(n - 1) + slow(n - 2))
  return slow(n)
}

const pool = new ThreadPoolExecutor({ minWorkers: 1, maxWorkers: 1, queueLimit: 1 })
await pool.ready()

const server = createServer((request, response) => {
  response.setHeader('connection', 'close')
  const n = Number(/^\/fibonacci\/(\d+)$/.exec(request.url ?? '')?.[1])
  if (!(n <= 50)) {
    response.writeHead(404).end()
    return
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const answer = async () => {
    try {
      const task = pool.submit(fibonacci, [n], { signal: gone.signal, kill: true }) // its worker is ended and replaced
      response.end(String(await task))
    } catch (error) {
      const { name } = error as Error
      response.writeHead(name === 'QueueLimitError' ? 503 : 500).end(name)
    }
  }
  void answer()
})
server.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const { port } = server.address() as AddressInfo
const ask = async (n: number, signal?: AbortSignal) => {
  const response = await fetch(`http://127.0.0.1:${port}/fibonacci/${n}`, signal === undefined ? {} : { signal })
  return `${response.status} ${await response.text()}`
}

console.log(await ask(20))
const leaving = new AbortController()
const abandoned = ask(50, leaving.signal).catch((error: Error) => error.name) // minutes of computing
while (pool.statistics().running === 0) await new Promise((resolve) => setTimeout(resolve, 5))

const crowd = Array.from({ length: 10 }, () => ask(15)) // more than may wait
console.log(
  'too many:',
  await Promise.any(
    crowd.map(async (answer) => ((await answer).startsWith('503') ? answer : Promise.reject(new Error()))),
  ),
)
leaving.abort()
console.log('whoever left:', await abandoned)
const served = (await Promise.all(crowd)).filter((answer) => answer === '200 610')
console.log('who waited was served:', served.length > 0) // on the worker's replacement

server.close()
await pool.shutdown()

/* Prints:
200 6765
too many: 503 QueueLimitError
whoever left: AbortError
who waited was served: true
*/
