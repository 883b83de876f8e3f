import { answered } from './answered.ts'

/** Lets the database do so many things at a time; the others wait for their turn, in order. */
export class Limit {
  private readonly waiting: (() => void)[] = []

  constructor(private free: number) {}

  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--
    else await new Promise<void>((resolve) => this.waiting.push(resolve))
    try {
      return await answered(action())
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.free++
      else next()
    }
  }
}
