import type { Interest, ReadyEvent, Registration, Token } from '@loop/core/lowlevel'
import { InvalidStateError } from '@loop/core'
import { errnoOf, SystemError, UnpollableDescriptorError } from './errors.ts'
import { Kind } from './engine/layout.ts'
import type { Engine, SlotOwner } from './engine/engine.ts'

/** Windows polls sockets only, and says so of everything else, open or not. */
const UNPOLLABLE = errnoOf(process.platform === 'win32' ? 'ENOTSOCK' : 'EPERM')
const WATCHED_ALREADY = errnoOf('EEXIST')

/** One raw descriptor that is watched. Without interest it stays registered and the addon does not know it. */
export class DescriptorRegistration implements SlotOwner, Registration {
  id = -1
  interest: Interest = 0

  constructor(
    private readonly engine: Engine,
    readonly source: number,
    readonly token: Token,
  ) {}

  /** Changes what is watched. */
  setInterest(interest: Interest): void {
    const { engine } = this
    if (interest === 0) {
      this.drop()
    } else if (this.id < 0) {
      const id = engine.native.watch(engine.handle, this.source, interest)
      if (id < 0) throw this.refusal(id)
      this.id = id
      engine.add(this)
    } else {
      const error = engine.native.change(engine.handle, this.id, interest)
      if (error < 0) throw this.refusal(error)
    }
    this.interest = interest
  }

  /** Ends watching. */
  drop(): void {
    if (this.id < 0) return
    this.engine.native.drop(this.engine.handle, this.id)
    this.engine.remove(this)
    this.id = -1
  }

  take(kind: number, ready: number, _b: number, into: ReadyEvent[]): void {
    if (kind === Kind.ready) into.push({ token: this.token, ready })
  }

  private refusal(errno: number): Error {
    const { source } = this
    if (errno === UNPOLLABLE) {
      return new UnpollableDescriptorError(
        `descriptor ${source} cannot be polled, as regular files and directories cannot; read it with node:fs`,
        { cause: new SystemError(errno, 'poll') },
      )
    }
    if (errno === WATCHED_ALREADY) {
      return new InvalidStateError(`descriptor ${source} is watched already, by Node or by this selector`)
    }
    return new SystemError(errno, 'poll', source)
  }
}
