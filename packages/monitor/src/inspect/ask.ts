import { connect } from 'node:net'
import { InspectionError } from '../errors.ts'
import { graphOf } from '../task-graph.ts'
import { addressesOf, exists, removeIfRefused } from './address.ts'
import { answerFrom } from './answer-form.ts'
import type { Inspection } from './inspectable.ts'

/** Bytes of all answers of a process: some two hundred thousand tasks. */
const MOST_BYTES = 64 * 1024 * 1024
/** Milliseconds for a whole answer, however steadily it comes. */
const LONGEST = 60_000

/** Limits of asking. */
export interface InspectOptions {
  /** Bytes that all answers of a process may have; 64 MiB by default. */
  readonly maxBytes?: number
}

/**
 * The loops of a process, each as it is now. A loop answers between its own work: of many tasks, the last are described
 * some turns after the first. Throws InspectionError when the process cannot be asked, falls silent for `timeout`
 * milliseconds, answers for more than a minute or more than `maxBytes`, or when the directory of its socket is not this
 * user's alone. Names in the answer are the program's own text: clean them before they reach a terminal.
 */
export async function inspectProcess(
  pid: number,
  timeout: number,
  { maxBytes = MOST_BYTES }: InspectOptions = {},
): Promise<Inspection[]> {
  const room = { bytes: maxBytes, maxBytes }
  const answers = await Promise.all(addressesOf(pid).map((address) => ask(pid, address, timeout, room)))
  const loops = answers.filter((answer) => answer !== null)
  if (loops.length === 0) throw new InspectionError(`process ${pid} ${whyNot(pid)}`)
  return loops
}

/** What the loop at an address answers; null when that is a socket which a killed program left behind. */
function ask(
  pid: number,
  address: string,
  timeout: number,
  room: { bytes: number; readonly maxBytes: number },
): Promise<Inspection | null> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect(address)
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy()
      reject(new InspectionError(message, { cause }))
    }
    const whole = setTimeout(() => {
      fail(`process ${pid} did not end its answer within ${LONGEST} ms`)
    }, LONGEST)
    socket.on('close', () => {
      clearTimeout(whole)
    })
    socket.setTimeout(timeout, () => {
      fail(`process ${pid} does not answer within ${timeout} ms: the thread of its loop is blocked or stopped`)
    })
    socket.on('data', (part) => {
      room.bytes -= part.length
      if (room.bytes < 0)
        fail(`process ${pid} answers with more than ${room.maxBytes} bytes; raise maxBytes to read it`)
      else parts.push(part)
    })
    socket.on('error', (error) => {
      try {
        if (removeIfRefused(address, error)) resolve(null)
      } catch {
        // It can neither be asked nor removed.
      }
      fail(`process ${pid} cannot be asked at ${address}: ${error.message}`, error)
    })
    socket.on('end', () => {
      if (parts.length === 0) {
        fail(`process ${pid} ended, or answers as many already as it may; ask again`)
        return
      }
      try {
        const { tasks, ...told } = answerFrom(Buffer.concat(parts).toString())
        resolve({ ...told, graph: graphOf(tasks), address })
      } catch (error) {
        fail(`process ${pid} ended while it answered, or is of another version`, error)
      }
    })
  })
}

function whyNot(pid: number): string {
  if (!exists(pid)) return 'does not exist'
  return 'does not let itself be inspected by you: call inspectable() in it, and ask as the same user with the same TMPDIR'
}
