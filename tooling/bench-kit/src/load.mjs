/** How busy others keep the machine: figures of a busy one are not worth keeping. */
import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './statistics.mjs'

/** Milliseconds of a look. The kernel counts in hundredths of a second, so a tenth of one core is seen. */
const LOOK_MS = 120

/** Processes of the measurement before are still being taken down in the first moments. */
const SETTLE_MS = 30

/**
 * A tenth of the machine is what a desktop takes that nobody works at. With more, servers and load generators, which
 * have a core each, share theirs with somebody.
 */
const BUSY = 0.1

function cpuTimes() {
  let busy = 0
  let all = 0
  for (const { times } of os.cpus()) {
    const used = times.user + times.nice + times.sys + times.irq
    busy += used
    all += used + times.idle
  }
  return { busy, all }
}

/**
 * How many cores others keep busy, while this process waits. 0 where the system does not tell.
 * @param {number} [lookMs]
 */
export async function busyCores(lookMs = LOOK_MS) {
  await sleep(SETTLE_MS)
  const before = cpuTimes()
  await sleep(lookMs)
  const after = cpuTimes()
  const all = after.all - before.all
  return all <= 0 ? 0 : ((after.busy - before.busy) / all) * os.cpus().length
}

/**
 * Whether a machine was too busy for its figures to count.
 * @param {readonly number[]} loads cores that others kept busy, at the points of a run
 * @param {number} cores
 */
export const isBusy = (loads, cores) => loads.length > 0 && median(loads) > BUSY * cores
