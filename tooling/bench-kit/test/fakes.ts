import type { Contender, Goal, Point, Scenario, Suite, Values } from '../src/types.mjs'

/** What a fake contender gives in its successive measurements; a string is an error. */
type Script = readonly (number | string)[]

/** A contender that measures nothing: it gives prepared values of `rate`, and notes each call in `log`. */
export function fake(name: string, kind: Contender['kind'], script: Script, log: string[] = []): Contender {
  let call = 0
  return {
    name,
    title: name.toUpperCase(),
    kind,
    measure: async (point: Point): Promise<Values> => {
      log.push(`${point.label} ${name}`)
      const value = script[call++ % script.length]
      if (typeof value === 'string') throw new Error(value)
      return { rate: value ?? 0 }
    },
  }
}

/** A scenario of one measure where more is better. */
export const scenarioOf = (
  contenders: readonly Contender[],
  goals: readonly Goal[] = [],
  more: Partial<Scenario> = {},
): Scenario => ({
  name: 'echo',
  title: 'Echo',
  measures: { rate: { title: 'messages', unit: '1/s', better: 'more' } },
  points: [{ label: 'p' }],
  contenders,
  goals,
  ...more,
})

export const suiteOf = (...scenarios: Scenario[]): Suite => ({ name: 'net', title: 'Network', scenarios })
