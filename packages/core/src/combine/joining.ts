import type { LoopState } from '../turn/loop-state.ts'
import { Future } from '../task/future.ts'

/** A future that ends when others do, so that tools can show whom a task really waits for. */
export class Joining<T> extends Future<T> {
  constructor(
    state: LoopState,
    /** @internal The function that made it: 'gather()'. */
    readonly madeBy: string,
    /** @internal The futures that it waits for; asked when somebody looks. */
    readonly members: () => Iterable<Future>,
  ) {
    super(state)
  }
}
