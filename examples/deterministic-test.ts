// Finding a race: the same code under hundreds of orders in virtual time, and the seed that shows the failure again.
import { gather, sleep } from '@loop/core'
import { ExplorationError, explore } from '@loop/policy'
import { Lock } from '@loop/sync'

class Account {
  balance = 100
  private readonly lock = new Lock()

  async withdraw(amount: number): Promise<void> {
    if (this.balance < amount) throw new Error('not enough')
    await sleep(10) // the bank is asked here, and somebody else may withdraw meanwhile
    this.balance -= amount
  }

  async withdrawSafely(amount: number): Promise<void> {
    await this.lock.with(() => this.withdraw(amount))
  }
}

const twoAtATime = (withdraw: (account: Account) => Promise<void>) => async () => {
  const account = new Account()
  const late = async () => {
    await sleep(10)
    await withdraw(account)
  }
  await gather([() => withdraw(account), late], { returnExceptions: true })
  if (account.balance < 0) throw new Error(`the balance is ${account.balance}`)
}

try {
  await explore(
    twoAtATime((account) => account.withdraw(80)),
    { runs: 100 },
  )
} catch (error) {
  if (!(error instanceof ExplorationError)) throw error
  console.log('without a lock:', (error.cause as Error).message)
}
await explore(
  twoAtATime((account) => account.withdrawSafely(80)),
  { runs: 100 },
)
console.log('with a lock: no order of 100 fails')

/* Prints:
without a lock: the balance is -60
with a lock: no order of 100 fails
*/
