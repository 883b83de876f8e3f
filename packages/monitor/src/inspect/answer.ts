import { setImmediate } from 'node:timers'
import type { Socket } from 'node:net'
import type { EventLoop } from '@loop/core'
import type { PlainNode } from '../task-graph.ts'
import { describeTasks } from '../task-graph.ts'
import { keyOf } from './keys.ts'
import { type InspectableParts, sectionsOf } from './parts.ts'

/** Milliseconds of the loop's thread that an answer takes at a time: a service does not notice them. */
const SLICE_MS = 5
/** Characters that wait for who asks at most, give or take the text of one task. */
const SLICE_LENGTH = 64 * 1024
/** Lines of a stack that are sent: the program's own, and who called it. */
const FRAMES = 3
/** Tasks between two looks at the clock. */
const LOOK_EVERY = 32

/**
 * Answers who connected, in slices, between which the service goes on: the text of thousands of tasks takes longer than
 * their description. Who does not take the answer gets no more of it. What is to be found out about the whole, such as
 * circles, is left to who asks.
 */
export class Answer {
  private readonly parts: Iterator<string>
  private ended = false

  constructor(
    private readonly socket: Socket,
    loop: EventLoop,
    parts: InspectableParts,
    /** Hears why there is no answer. */
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.parts = partsOf(loop, parts)
    socket.on('drain', () => {
      this.goOn()
    })
    this.goOn()
  }

  private goOn(): void {
    if (this.ended || this.socket.destroyed) return
    try {
      this.writeSlice()
    } catch (error) {
      this.socket.destroy()
      this.onFailure(error)
    }
  }

  private writeSlice(): void {
    let text = ''
    let last = false
    const until = performance.now() + SLICE_MS
    do {
      for (let count = 0; count < LOOK_EVERY && !last && text.length < SLICE_LENGTH; count++) {
        const { done, value } = this.parts.next()
        if (done === true) last = true
        else text += value
      }
    } while (!last && text.length < SLICE_LENGTH && performance.now() < until)
    this.ended = last
    if (last) this.socket.end(text)
    else if (this.socket.write(text))
      setImmediate(() => {
        this.goOn()
      })
  }
}

function* partsOf(loop: EventLoop, parts: InspectableParts): Generator<string> {
  yield `{"statistics":${JSON.stringify(loop.statistics())},${sectionsOf(parts)},"graph":{"tasks":[`
  let separator = ''
  // Who asks is outside: no task of this process is running for it.
  for (const node of describeTasks(loop, null, FRAMES, keyOf)) {
    yield separator + asJson(node)
    separator = ','
  }
  yield ']}}'
}

function asJson(node: PlainNode): string {
  try {
    return JSON.stringify(node)
  } catch {
    // Futures in futures, too deep for JSON.
    return JSON.stringify({ ...node, awaits: node.awaits.map((each) => ({ ...each, awaits: [] })) } satisfies PlainNode)
  }
}
