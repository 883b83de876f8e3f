/**
 * A server on several cores: several.mjs threads|processes|cluster echo|tag WORKERS. Threads and processes of @loop/net
 * each listen on the port themselves (reusePort), and the kernel spreads the connections; node:cluster's workers echo by
 * node:net and get them from their parent in turn. `tag` sends the worker's number to whoever connects.
 */
import { fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer as createNodeServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { EventLoop } from '@loop/core'
import { createServer } from '@loop/net'
import { NativeSelector } from '@loop/selector-native'

const here = fileURLToPath(import.meta.url)

class Echo {
  connectionMade(transport) {
    this.transport = transport
  }

  dataReceived(bytes) {
    this.transport.write(bytes)
  }
}

const tag = (number) =>
  class {
    connectionMade(transport) {
      transport.write(Buffer.from([number]))
    }

    dataReceived() {}
  }

async function work({ mode, number, port }, tell) {
  const Protocol = mode === 'tag' ? tag(number) : Echo
  const loop = new EventLoop({ selector: new NativeSelector() })
  await loop.runUntilComplete(async () => {
    const place = { host: '127.0.0.1', port, backlog: 4096, reusePort: true }
    const server = await createServer(() => new Protocol(), place)
    tell(server.port)
    await server.serveForever()
  })
}

function workInCluster(mode, number) {
  const server = createNodeServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    if (mode === 'tag') socket.write(Buffer.from([number]))
    else socket.on('data', (bytes) => socket.write(bytes))
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send(server.address().port))
}

/** Starts a worker; its port, once it listens. */
async function start(kind, data) {
  let worker
  if (kind === 'threads') worker = new Worker(here, { workerData: data })
  else if (kind === 'processes') worker = fork(here, [], { env: { ...process.env, SEVERAL: JSON.stringify(data) } })
  else worker = cluster.fork({ SEVERAL: JSON.stringify(data) })
  worker.on('error', (error) => {
    console.error(error)
    process.exit(1)
  })
  const [port] = await once(worker, 'message')
  return port
}

if (!isMainThread) void work(workerData, (port) => parentPort.postMessage(port))
else if (process.env.SEVERAL !== undefined) {
  const data = JSON.parse(process.env.SEVERAL)
  process.on('disconnect', () => process.exit(0))
  if (cluster.isWorker) workInCluster(data.mode, data.number)
  else void work(data, (port) => process.send(port))
} else {
  const [kind, mode, workers] = process.argv.slice(2)
  process.stdin.on('end', () => process.exit(0)).resume()
  let port = 0
  for (let number = 0; number < Number(workers); number++) port = await start(kind, { mode, number, port })
  console.log(port)
}
