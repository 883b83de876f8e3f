import { connect } from 'node:net'
import { InspectionError } from '../errors.ts'
import { graphOf } from '../task-graph.ts'
import { addressesOf, exists, removeIfRefused } from './address.ts'
import type { Inspection } from './inspectable.ts'

/**
 * The loops of a process, each as it is now. A loop answers between its own work: of many tasks, the last are described
 * some turns after the first. Throws InspectionError when the process cannot be asked, or falls silent for `timeout`
 * milliseconds.
 */
export async function inspectProcess(pid: number, timeout: number): Promise<Inspection[]> {
  const answers = await Promise.all(addressesOf(pid).map((address) => ask(pid, address, timeout)))
  const loops = answers.filter((answer) => answer !== null)
  if (loops.length === 0) throw new InspectionError(`process ${pid} ${whyNot(pid)}`)
  return loops
}

/** What the loop at an address answers; null when that is a socket which a killed program left behind. */
function ask(pid: number, address: string, timeout: number): Promise<Inspection | null> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(address)
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy()
      reject(new InspectionError(message, { cause }))
    }
    socket.setTimeout(timeout, () => {
      fail(`process ${pid} does not answer within ${timeout} ms: the thread of its loop is blocked or stopped`)
    })
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => (text += part))
    socket.on('error', (error) => {
      try {
        if (removeIfRefused(address, error)) resolve(null)
      } catch {
        // It can neither be asked nor removed.
      }
      fail(`process ${pid} cannot be asked at ${address}: ${error.message}`, error)
    })
    socket.on('end', () => {
      try {
        const told = JSON.parse(text) as Omit<Inspection, 'address'>
        resolve({ ...told, graph: graphOf(told.graph.tasks), address })
      } catch (error) {
        fail(`process ${pid} ended while it answered`, error)
      }
    })
  })
}

function whyNot(pid: number): string {
  if (!exists(pid)) return 'does not exist'
  return 'does not let itself be inspected by you: call inspectable() in it, and ask as the same user with the same TMPDIR'
}
