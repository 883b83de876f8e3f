import { sleep } from '@loop/core'

/** Money in a till whose display takes 10 ms to update. */
export class Till {
  amount = 0

  async add(money: number): Promise<void> {
    const before = this.amount
    await sleep(10)
    this.amount = before + money
  }
}
