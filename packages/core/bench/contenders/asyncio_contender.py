"""CPython's asyncio, or uvloop when asked for: the same scenarios with the same numbers as the JavaScript contenders.

usage: asyncio_contender.py asyncio|uvloop SCENARIO
Prints one line of JSON: nanoseconds per operation (median of the repeats) and peak memory.
"""

import asyncio
import json
import random
import resource
import statistics
import sys
import time

CALLS = 100_000
TASKS = 10_000
FUTURES = 100_000
TIMERS = 1_000_000


def nothing():
    pass


async def call_soon():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    for _ in range(CALLS - 1):
        loop.call_soon(nothing)
    loop.call_soon(done.set_result, None)
    await done


async def call_soon_chain():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left = CALLS

    def step():
        nonlocal left
        left -= 1
        if left == 0:
            done.set_result(None)
        else:
            loop.call_soon(step)

    step()
    await done


async def tasks_sleep_0():
    async def task():
        await asyncio.sleep(0)

    await asyncio.gather(*[task() for _ in range(TASKS)])


async def switch():
    loop = asyncio.get_running_loop()
    ping = loop.create_future()
    pong = loop.create_future()

    async def answer():
        nonlocal ping
        for _ in range(FUTURES // 2):
            await ping
            ping = loop.create_future()
            pong.set_result(None)

    async def ask():
        nonlocal pong
        for _ in range(FUTURES // 2):
            waiting = pong
            ping.set_result(None)
            await waiting
            pong = loop.create_future()

    await asyncio.gather(answer(), ask())


LONG = [random.uniform(1, 100) for _ in range(TIMERS)]
SHORT = [random.uniform(0, 0.1) for _ in range(TIMERS)]


async def timers_cancelled():
    loop = asyncio.get_running_loop()
    handles = [loop.call_later(delay, nothing) for delay in LONG]
    for handle in handles:
        handle.cancel()


async def timers_half_fired():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1
        if fired == TIMERS // 2:
            done.set_result(None)

    handles = [loop.call_later(delay, fire) for delay in SHORT]
    for handle in handles[::2]:
        handle.cancel()
    await done


SCENARIOS = {
    "call-soon": (call_soon, CALLS, 5),
    "call-soon-chain": (call_soon_chain, CALLS, 5),
    "tasks-sleep-0": (tasks_sleep_0, TASKS, 15),
    "switch": (switch, FUTURES, 5),
    "timers-cancelled": (timers_cancelled, TIMERS, 2),
    "timers-half-fired": (timers_half_fired, TIMERS, 2),
}


def main():
    kind, name = sys.argv[1:3]
    if kind == "uvloop":
        import uvloop

        uvloop.install()
    scenario, operations, repeats = SCENARIOS[name]

    async def timed():
        started = time.perf_counter_ns()
        await scenario()
        return (time.perf_counter_ns() - started) / operations

    asyncio.run(timed())
    values = [asyncio.run(timed()) for _ in range(repeats)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"value": statistics.median(values), "rss": peak}))


main()
