import { run, sleep } from '@loop/core'
import {
  debugLoop,
  deterministicLoop,
  getLoopPolicy,
  LoopPolicy,
  newLoop,
  setLoopPolicy,
  useLoopPolicy,
} from '@loop/policy'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'D2',
  section: 'Policies',
  title: 'A policy is replaced and set back',
  idea: 'The same program under a debug policy, under a deterministic one in a scope, and under the default again.',
  expected: [
    'debug policy: logged true',
    'in the scope: selector memory',
    'after the scope: logged true',
    'default: logged false, selector host',
  ],

  async runAlone({ print }) {
    let logged = false
    const program = async () => {
      logged = false
      const loop = newLoop()
      await run(() => sleep(1), { loopFactory: () => loop })
      return loop
    }

    setLoopPolicy(new LoopPolicy(debugLoop({ log: () => (logged = true) })))
    await program()
    print(`debug policy: logged ${logged}`)
    {
      using _scope = useLoopPolicy(new LoopPolicy(deterministicLoop()))
      print(`in the scope: selector ${(await program()).selector.name}`)
    }
    await program()
    print(`after the scope: logged ${logged}`)

    setLoopPolicy(null)
    const { selector } = await program()
    print(`default: logged ${logged}, selector ${selector.name}`)
    getLoopPolicy().setLoop(null)
  },
})
