import type { Contender, Scenario, Suite } from '@loop/bench-kit'
import { planOf, run } from '@loop/bench-kit'
import { resultsOf } from '../src/results.mjs'

const contender = (name: string, kind: Contender['kind'], rate: number, more: Partial<Contender> = {}): Contender => ({
  name,
  title: `${name} <${kind}>`,
  kind,
  measure: async () => ({ rate, cpu: 100 / rate }),
  ...more,
})

export const scenario: Scenario = {
  name: 'echo',
  title: 'Echo & more',
  note: 'A note.',
  measures: {
    rate: { title: 'messages', unit: '1/s', better: 'more' },
    cpu: { title: 'CPU time', unit: 'µs', better: 'less' },
    never: { title: 'never measured', unit: 's', better: 'less' },
  },
  points: [
    { label: '10 × 64 B', connections: 10 },
    { label: '100 × 64 B', connections: 100 },
  ],
  contenders: [
    contender('loop', 'ours', 300),
    contender('node', 'peer', 100, { version: 'v20.1.2' }),
    contender('c', 'limit', 400),
    contender('bun', 'peer', 1, { unavailable: () => 'no Bun' }),
  ],
  goals: [
    { what: 'echo against node', of: 'loop', against: 'node', atLeast: 2 },
    { what: 'echo against C', of: 'loop', against: 'c', atLeast: 0.9 },
    { what: 'echo against Bun', of: 'loop', against: 'bun', atLeast: 1 },
  ],
  headline: { what: 'echo', of: 'loop', against: ['node', 'bun', 'c'] },
}

export const suite: Suite = { name: 'net', title: 'Network', scenarios: [scenario] }

/** Results of one round of the scenario above. */
export async function results({ quick = false, load = 0.1 } = {}) {
  const plan = planOf([suite], { rounds: 1 })
  const started = new Date('2025-03-01T10:00:00Z')
  return resultsOf({
    plan,
    found: await run(plan, { load: async () => load }),
    started,
    ended: new Date('2025-03-01T10:02:00Z'),
    revision: 'abc1234',
    quick,
    complete: !quick,
    node: 'v24.1.2',
  })
}
