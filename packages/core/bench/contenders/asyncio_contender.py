"""CPython's asyncio, or uvloop when asked for: the same scenarios with the same numbers as the JavaScript contenders.

usage: asyncio_contender.py asyncio|uvloop SCENARIO POINT
Prints one line of JSON: nanoseconds per operation (median of the repeats) and peak memory in megabytes.
"""

import asyncio
import json
import random
import resource
import statistics
import sys
import time

KIND, NAME, POINT = sys.argv[1:4]
SIZES = json.loads(POINT)
CALLS = SIZES.get("calls", 100_000)
TASKS = SIZES.get("tasks", 10_000)
FUTURES = SIZES.get("futures", 100_000)
TIMERS = SIZES.get("timers", 1_000_000)
TIMES = SIZES.get("times", 10_000)


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


LONG = [random.uniform(1, 100) for _ in range(TIMERS)] if NAME == "timers-cancelled" else []
SHORT = [random.uniform(0, 0.1) for _ in range(TIMERS)] if NAME == "timers-half-fired" else []


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


async def nothing_async():
    pass


async def timeout_done():
    for _ in range(TIMES):
        async with asyncio.timeout(1):
            await nothing_async()


async def task_group_10():
    for _ in range(TIMES):
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(nothing_async())


async def gather_10():
    for _ in range(TIMES):
        await asyncio.gather(*[nothing_async() for _ in range(10)])


SCENARIOS = {
    "timeout-done": (timeout_done, TIMES, 5),
    "task-group-10": (task_group_10, TIMES, 5),
    "gather-10": (gather_10, TIMES, 5),
    "call-soon": (call_soon, CALLS, 5),
    "call-soon-chain": (call_soon_chain, CALLS, 5),
    "tasks-sleep-0": (tasks_sleep_0, TASKS, 15),
    "switch": (switch, FUTURES, 5),
    # Nothing warms up in an interpreter, and a million timers take it seconds.
    "timers-cancelled": (timers_cancelled, TIMERS, 1),
    "timers-half-fired": (timers_half_fired, TIMERS, 1),
}


def main():
    if KIND == "uvloop":
        import uvloop

        uvloop.install()
    scenario, operations, repeats = SCENARIOS[NAME]

    async def timed():
        started = time.perf_counter_ns()
        await scenario()
        return (time.perf_counter_ns() - started) / operations

    if repeats > 1:
        asyncio.run(timed())
    values = [asyncio.run(timed()) for _ in range(repeats)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ns": statistics.median(values), "peak": peak}))


main()
