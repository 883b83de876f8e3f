/** redis-server itself, without a disk: it takes no port of the system's choice, so one is found for it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const finder = createServer()
finder.listen(0, '127.0.0.1')
await once(finder, 'listening')
const { port } = finder.address()
finder.close()

const args = `--port ${port} --bind 127.0.0.1 --appendonly no --daemonize no --loglevel warning`.split(' ')
const server = spawn('redis-server', [...args, '--save', ''], { stdio: 'ignore' })
server.on('exit', () => process.exit(1))
process.stdin.on('end', () => server.kill('SIGKILL')).resume()

const listens = () =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('close', () => {})
    socket.unref()
  })
while (!(await listens())) await sleep(20)
console.log(port)
