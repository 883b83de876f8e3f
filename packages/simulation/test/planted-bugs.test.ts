import { describe, expect, test } from 'vitest'
import { simulate, SimulationError } from '../src/index.ts'
import { planted } from './programs/planted.ts'

describe.each(planted)('$name', ({ says, options, simulation }) => {
  test('is found within 500 seeds', async () => {
    const error: unknown = await simulate(simulation(false), {
      runs: 500,
      reports: null,
      shrink: 20,
      ...options,
    }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SimulationError)
    expect(((error as SimulationError).cause as Error).message).toContain(says)
  })

  test('is not found where it is mended', async () => {
    await simulate(simulation(true), { runs: 30, ...options })
  })
})
