/**
 * Commands to an inspected process: one line of JSON in, one line out, over a socket beside the one that tells.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { chmodSync, rmSync } from 'node:fs'
import type { EventLoop } from '@loop/core'
import { allTasks } from '@loop/core'
import { InspectionError } from '../errors.ts'
import { addressIsFile, controlAddress } from './address.ts'
import { exchange } from './exchange.ts'
import { keyOf } from './keys.ts'
import type { InspectableParts } from './parts.ts'

/** What can be asked for. */
export type Command = { readonly cancelTask: number } | { readonly cancelJob: string }

/** Bytes of a command, and of its answer: the name of a job is short. */
const LONGEST = 10_000

/** Listens for commands; gives what ends that. */
export function takeCommands(address: string, loop: EventLoop, parts: InspectableParts): Disposable {
  const place = controlAddress(address)
  const remove = (): void => {
    if (addressIsFile) rmSync(place, { force: true })
  }
  remove()
  const server: Server = createServer((socket) => {
    socket.unref()
    socket.on('error', () => {
      // Who asked is gone.
    })
    answerCommand(socket, loop, parts)
  })
  server.on('error', (exception) => {
    loop.callExceptionHandler({ message: `the loop takes no commands at ${place}`, exception })
  })
  server.listen(place, () => {
    if (addressIsFile) chmodSync(place, 0o600)
  })
  server.unref()
  return {
    [Symbol.dispose]: () => {
      server.close()
      remove()
    },
  }
}

function answerCommand(socket: Socket, loop: EventLoop, parts: InspectableParts): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (part: string) => {
    text += part
    if (text.length > LONGEST) socket.destroy()
    else if (text.includes('\n')) socket.end(`${outcomeOf(text, loop, parts)}\n`)
  })
}

/** Does it, and tells in a sentence what came of it. */
function outcomeOf(text: string, loop: EventLoop, { scheduler }: InspectableParts): string {
  try {
    const command = JSON.parse(text) as Partial<Record<'cancelTask' | 'cancelJob', unknown>>
    if (typeof command.cancelTask === 'number') {
      const task = [...allTasks(loop)].find((each) => keyOf(each) === command.cancelTask)
      if (task === undefined || task.done()) return 'that task has ended already'
      return task.cancel('by loop-inspect') ? `cancelled ${task.getName()}` : 'that task has ended already'
    }
    if (typeof command.cancelJob === 'string') {
      if (scheduler?.cancel === undefined) return 'no scheduler was given to inspectable()'
      return scheduler.cancel(command.cancelJob) === false
        ? `there is no job ${command.cancelJob}`
        : `cancelled the job ${command.cancelJob}`
    }
    return 'that is no command'
  } catch (error) {
    return `it failed: ${error instanceof Error ? error.message : 'with something that is no Error'}`
  }
}

/** Sends a command to the loop at an address; gives what came of it. Throws InspectionError when it takes none. */
export async function send(address: string, command: Command, timeoutMs: number): Promise<string> {
  let room = LONGEST
  try {
    const answer = await exchange({
      address: controlAddress(address),
      request: `${JSON.stringify(command)}\n`,
      timeout: timeoutMs,
      takes: (bytes) => (room -= bytes) >= 0,
      silent: `no answer within ${timeoutMs} ms`,
      endless: (ms) => `no end of its answer within ${ms} ms`,
      tooLong: `its answer is longer than ${LONGEST} bytes`,
    })
    return answer.toString().trim()
  } catch (cause) {
    if (cause instanceof InspectionError) throw cause
    throw new InspectionError('it takes no commands: call inspectable(loop, { control: true }) in it', { cause })
  }
}
