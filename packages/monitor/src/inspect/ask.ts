import { connect } from 'node:net'
import process from 'node:process'
import { InspectionError } from '../errors.ts'
import { addressesOf } from './address.ts'
import type { Inspection } from './inspectable.ts'

/** The loops of a process, each as it is now. Throws InspectionError when it cannot be asked or does not answer in time. */
export async function inspectProcess(pid: number, timeoutMs: number): Promise<Inspection[]> {
  const addresses = addressesOf(pid)
  if (addresses.length === 0) throw new InspectionError(`process ${pid} ${whyNot(pid)}`)
  return Promise.all(addresses.map((address) => ask(pid, address, timeoutMs)))
}

function ask(pid: number, address: string, timeoutMs: number): Promise<Inspection> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(address)
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy()
      reject(new InspectionError(message, { cause }))
    }
    const timer = setTimeout(fail, timeoutMs, `process ${pid} does not answer within ${timeoutMs} ms: the thread of its loop is blocked or stopped`)
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => (text += part))
    socket.on('error', (error) => {
      fail(`process ${pid} cannot be asked at ${address}: ${error.message}`, error)
    })
    socket.on('end', () => {
      try {
        resolve(JSON.parse(text) as Inspection)
      } catch (error) {
        fail(`process ${pid} ended while it answered`, error)
      }
    })
    socket.on('close', () => {
      clearTimeout(timer)
    })
  })
}

function whyNot(pid: number): string {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'does not exist'
  }
  return 'does not let itself be inspected by you: call inspectable() in it, and ask as the same user with the same TMPDIR'
}
