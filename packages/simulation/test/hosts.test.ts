import type { Coroutine } from '@loop/core'
import { allTasks, currentTask, getRunningLoop, LoopClosedError, runningLoop, sleep } from '@loop/core'
import { createDatagramEndpoint } from '@loop/net'
import { describe, expect, test } from 'vitest'
import type { Host, SimulationError } from '../src/index.ts'
import { currentHost, simulate, UnknownHostError } from '../src/index.ts'

const FOREVER = 1e9
const QUIET = { reports: null, shrink: 0 } as const

/** Why a simulation failed. */
const causeOf = (run: Promise<unknown>): Promise<Error> =>
  run.then(
    () => new Error('it passed'),
    (error: unknown) => (error as SimulationError).cause as Error,
  )

describe('a crash', () => {
  test('ends a program where it is: no timer, no finally, no task of it runs on', async () => {
    await simulate(async (world) => {
      const happened: string[] = []
      world.host('a', async (host) => {
        const loop = getRunningLoop()
        loop.callLater(500, () => happened.push('a timer'))
        loop.createTask(async () => {
          try {
            await sleep(500)
          } finally {
            happened.push('a finally of a task')
          }
        })
        try {
          happened.push(`boot ${host.boots}`)
          await sleep(FOREVER)
        } finally {
          happened.push('a finally')
        }
      })
      await sleep(100)
      world.crash('a')
      expect(world.get('a').state).toBe('down')
      await sleep(2000)
      expect(happened).toEqual(['boot 1'])
      world.restart('a')
      await sleep(100)
      expect(happened).toEqual(['boot 1', 'boot 2'])
    })
  })

  test('of a host by its own code stops it at its next await, in the middle of a turn too', async () => {
    await simulate(async (world) => {
      const happened: string[] = []
      world.host('a', async (host) => {
        getRunningLoop().callSoon(() => {
          happened.push('crashes')
          world.crash(host)
          expect(() => getRunningLoop()).toThrow()
        })
        getRunningLoop().callSoon(() => happened.push('the same turn'))
        try {
          await sleep(0)
          happened.push('after')
        } catch (error) {
          happened.push((error as Error).name)
        }
      })
      await sleep(1000)
      expect(happened).toEqual(['crashes'])
    })
  })

  test('leaves nothing behind that reports', async () => {
    await simulate(async (world) => {
      const loops: unknown[] = []
      world.host('a', async () => {
        loops.push(getRunningLoop())
        getRunningLoop().createTask(() => Promise.reject(new Error('nobody looks at this')))
        await sleep(FOREVER)
      })
      await sleep(10)
      world.crash('a')
      const [loop] = loops as [ReturnType<typeof getRunningLoop>]
      expect(loop.isClosed()).toBe(true)
      expect(() => loop.callSoon(() => {})).toThrow(LoopClosedError)
    })
  })
})

describe('hosts', () => {
  test('have their own loop, tasks and random numbers, and code knows where it is', async () => {
    await simulate(async (world) => {
      const seen = new Map<string, [number, number]>()
      const main = async (host: Host): Promise<void> => {
        for (let i = 0; i < 3; i++) {
          await sleep(1)
          expect(currentHost()).toBe(host)
          expect(getRunningLoop()).toBe(host.loop)
          expect(allTasks().size).toBe(1)
          expect(currentTask()).not.toBeNull()
          await Promise.resolve()
          expect(currentHost()).toBe(host)
        }
        seen.set(host.name, [host.random.below(1e6), host.boots])
      }
      for (const name of ['a', 'b', 'c']) world.host(name, main)
      await sleep(10)
      expect(currentHost()?.name).toBe('test')
      expect(new Set([...seen.values()].map(([drawn]) => drawn)).size).toBe(3)
    })
    expect(runningLoop()).toBeNull()
    expect(currentHost()).toBeNull()
  })

  test('may be generator functions', async () => {
    const { value } = await simulate(async (world) => {
      return await world.client(function* (): Coroutine<number> {
        yield* sleep(10)
        return 7
      })
    })
    expect(value).toBe(7)
  })

  test('stand still while they are paused, and catch up', async () => {
    await simulate(async (world) => {
      const ticks: number[] = []
      world.host('a', async () => {
        for (;;) {
          await sleep(100)
          ticks.push(world.now())
        }
      })
      await sleep(250)
      world.pause('a')
      await sleep(1000)
      expect(ticks).toEqual([100, 200])
      world.resume('a')
      await sleep(1)
      expect(ticks.at(-1)).toBe(1250)
    })
  })

  test('have clocks that are wrong, run at another rate and jump', async () => {
    await simulate(
      async (world) => {
        const start = Date.UTC(2026, 0, 1)
        const slept: number[] = []
        const fast = world.host(
          'fast',
          async () => {
            for (;;) {
              await sleep(1000)
              slept.push(Math.round(world.now()))
            }
          },
          { clockRate: 1.25, clockOffset: 60_000 },
        )
        await sleep(1600)
        expect(slept).toEqual([800, 1600])
        expect(fast.wallTime()).toBe(start + 60_000 + 2000)
        expect(fast.loop!.wallClock.now()).toBe(fast.wallTime())
        world.jumpClock('fast', -3_600_000)
        expect(fast.wallTime()).toBe(start + 60_000 + 2000 - 3_600_000)
        const before = fast.wallTime()
        world.setClockRate('fast', 0.5)
        expect(fast.wallTime()).toBe(before)
        await sleep(2002)
        expect(fast.wallTime()).toBe(before + 1001)
        expect(slept).toEqual([800, 1600, 3600])
      },
      { start: '2026-01-01T00:00:00Z' },
    )
  })

  test('that ends closes its sockets, and may boot again', async () => {
    await simulate(async (world) => {
      let boots = 0
      const host = world.host('short', async () => {
        boots++
        await createDatagramEndpoint(() => ({}), { localAddress: { host: '0.0.0.0', port: 9 } })
        await sleep(10)
      })
      await sleep(100)
      expect(host.state).toBe('down')
      world.restart('short')
      await sleep(100)
      expect(boots).toBe(2)
    })
  })

  test('run on an executor in virtual time', async () => {
    await simulate(async () => {
      const loop = getRunningLoop()
      const begun = loop.time()
      expect(await loop.runInExecutor(null, (a: number, b: number) => a + b, 1, 2)).toBe(3)
      expect(loop.time()).toBeGreaterThan(begun)
    })
  })
})

describe('a simulation', () => {
  test('ends when its body and all clients have ended, and gives what the body returned', async () => {
    const order: string[] = []
    const { value, time } = await simulate(async (world) => {
      world.host('server', () => sleep(FOREVER))
      const one = world.client(async () => {
        await sleep(1000)
        order.push('client')
        return 1
      })
      void world.client('late', async () => {
        await sleep(5000)
        order.push('late')
      })
      await sleep(10)
      order.push('body')
      return (await one) + 1
    })
    expect(order).toEqual(['body', 'client', 'late'])
    expect([value, time]).toEqual([2, 5000])
  })

  test('fails with its body, a client, or the program of a host', async () => {
    const boom = async (): Promise<never> => {
      await sleep(10)
      throw new Error('boom')
    }
    expect((await causeOf(simulate(boom, QUIET))).message).toBe('boom')
    expect((await causeOf(simulate((world) => world.client(boom), QUIET))).message).toBe('boom')
    const host = await causeOf(
      simulate(async (world) => {
        world.host('a', boom)
        await sleep(100)
      }, QUIET),
    )
    expect(host.name).toBe('HostFailedError')
    expect(host.message).toMatch(/^the program of host a failed: Error: boom/)
  })

  test('lets the program of a host fail where that is said', async () => {
    await simulate(async (world) => {
      let boots = 0
      const boom = async (): Promise<never> => {
        boots++
        await sleep(10)
        throw new Error('boom')
      }
      const stops = world.host('stops', boom, { onError: 'stop' })
      await sleep(5000)
      expect([stops.state, boots]).toEqual(['down', 1])
      world.host('restarts', boom, { onError: 'restart' })
      await sleep(2500)
      expect(boots).toBe(4)
    })
  })

  test('fails with what reaches the handler of a loop, unless that may be', async () => {
    const careless = async (): Promise<void> => {
      getRunningLoop().callSoon(() => {
        throw new Error('in a callback')
      })
      await sleep(10)
    }
    const reported = await causeOf(
      simulate(async (world) => {
        world.host('a', careless)
        await sleep(100)
      }, QUIET),
    )
    expect(reported.message).toMatch(/^host a reported: .*in a callback/)
    await simulate(async (world) => {
      world.host('a', careless, { mayReport: ({ exception }) => (exception as Error).message === 'in a callback' })
      await sleep(100)
    })
    const unseen = await causeOf(
      simulate(async (world) => {
        world.host('a', async () => {
          getRunningLoop().createTask(() => Promise.reject(new Error('nobody looks')))
          await sleep(FOREVER)
        })
        await sleep(100)
      }, QUIET),
    )
    expect(unseen.message).toMatch(/nobody looks/)
  })

  test('fails when nothing can happen any more, and says who waits', async () => {
    const error = await causeOf(
      simulate(async (world) => {
        world.host('idle', () => getRunningLoop().createFuture())
        await sleep(10)
        await getRunningLoop().createFuture()
      }, QUIET),
    )
    expect(error.name).toBe('WorldAtRestError')
    expect(error.message).toMatch(/at 10 ms nothing can happen.*test \(up\): .*waits for.*idle \(up\)/)
  })

  test('fails when a host spins, and when it takes too long', async () => {
    const spins = await causeOf(
      simulate(async () => {
        for (;;) await sleep(0)
      }, QUIET),
    )
    expect(spins.message).toMatch(/^time stands still at 0 ms: test/)
    const long = await causeOf(
      simulate(
        async () => {
          for (;;) await sleep(1000)
        },
        { ...QUIET, limit: 60_000 },
      ),
    )
    expect(long.name).toBe('TimeLimitError')
  })

  test('fails when what must always be so is not', async () => {
    const error = await causeOf(
      simulate(async (world) => {
        let money = 100
        world.always('nobody owes', () => money >= 0)
        world.host('bank', async () => {
          await sleep(100)
          money -= 200
        })
        await sleep(1000)
      }, QUIET),
    )
    expect(error.message).toBe('what must always be so is not: nobody owes')
  })

  test('refuses what means nothing, by name', async () => {
    const body = (): void => {}
    for (const options of [
      { seed: -1 },
      { runs: 0 },
      { network: { latency: [5, 1] as const } },
      { network: { loss: 2 } },
      { network: { lose: 1 } as object },
      { disk: { capacity: -1 } },
      { limit: 0 },
      { check: 'thrice' as 'twice' },
      { jitter: -1 },
      { start: 'yesterday' },
      { sed: 1 } as object,
    ])
      await expect(simulate(body, options), JSON.stringify(options)).rejects.toThrow(RangeError)
    await expect(simulate('no function' as never)).rejects.toThrow(TypeError)
    await simulate((world) => {
      expect(() => {
        world.crash('nobody')
      }).toThrow(UnknownHostError)
      expect(() => world.host('test', body)).toThrow(/there is a host "test" already/)
      expect(() => world.host('a b', body)).toThrow(TypeError)
      expect(() => world.host('a', 7 as never)).toThrow(TypeError)
      expect(() => world.injectFaults({ kinds: ['earthquake' as 'crash'] })).toThrow(/there is no fault "earthquake"/)
      expect(() => {
        world.setClockRate([], 0)
      }).toThrow(RangeError)
    })
  })

  test('is not run inside of a running loop', async () => {
    await simulate(async () => {
      await expect(simulate(() => {})).rejects.toThrow(/from outside of a running loop/)
    })
  })
})
