import type { SimulateOptions, SimulationResult } from '@loop/simulation'

export function threeHosts(seed: number, options?: SimulateOptions): Promise<SimulationResult<Record<string, number>>>
