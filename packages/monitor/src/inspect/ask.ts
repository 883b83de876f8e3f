import { InspectionError } from '../errors.ts'
import { graphOf } from '../task-graph.ts'
import { addressesOf, exists, removeIfRefused } from './address.ts'
import { answerFrom } from './answer-form.ts'
import { exchange } from './exchange.ts'
import type { Inspection } from './inspectable.ts'

/** Bytes of all answers of a process: some two hundred thousand tasks. */
const MOST_BYTES = 64 * 1024 * 1024

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
async function ask(
  pid: number,
  address: string,
  timeout: number,
  room: { bytes: number; readonly maxBytes: number },
): Promise<Inspection | null> {
  let answer: Buffer
  try {
    answer = await exchange({
      address,
      timeout,
      takes: (bytes) => (room.bytes -= bytes) >= 0,
      silent: `process ${pid} does not answer within ${timeout} ms: the thread of its loop is blocked or stopped`,
      endless: (ms) => `process ${pid} did not end its answer within ${ms} ms`,
      tooLong: `process ${pid} answers with more than ${room.maxBytes} bytes; raise maxBytes to read it`,
    })
  } catch (error) {
    if (error instanceof InspectionError) throw error
    if (isLeftBehind(address, error)) return null
    throw new InspectionError(`process ${pid} cannot be asked at ${address}: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (answer.length === 0)
    throw new InspectionError(`process ${pid} ended, or answers as many already as it may; ask again`)
  try {
    const { tasks, ...rest } = answerFrom(answer.toString())
    return { ...rest, graph: graphOf(tasks), address }
  } catch (cause) {
    throw new InspectionError(`process ${pid} ended while it answered, or is of another version`, { cause })
  }
}

/** Whether nobody listens at an address any more, and it could be removed. */
function isLeftBehind(address: string, error: unknown): boolean {
  try {
    return removeIfRefused(address, error)
  } catch {
    // It can neither be asked nor removed.
    return false
  }
}

function whyNot(pid: number): string {
  if (!exists(pid)) return 'does not exist'
  return 'does not let itself be inspected by you: call inspectable() in it, and ask as the same user with the same TMPDIR'
}
