import { referenceOf, type FunctionReference } from '../functions/reference.ts'
import type { PoolOptions } from '../options.ts'
import type { Initializer } from './pool-worker.ts'

/** The function that each worker of a pool runs first. */
export class InitializerSpec {
  /** The function; examined before the first worker starts. */
  readonly fn: FunctionReference
  private readonly args: readonly unknown[]

  private constructor(options: PoolOptions) {
    this.fn = referenceOf(options.initializer!)
    this.args = options.initializerArgs ?? []
  }

  static of(options: PoolOptions): InitializerSpec | null {
    return options.initializer === undefined ? null : new InitializerSpec(options)
  }

  /** As a worker is given it. */
  forWorker(): Initializer {
    return { definition: this.fn.definition!, args: this.args }
  }
}
