"""The same scenarios with the same numbers on CPython's asyncio, or on uvloop: asyncio_contender.py asyncio|uvloop SCENARIO POINT"""

import asyncio
import json
import resource
import statistics
import sys
import time

OPERATIONS = json.loads(sys.argv[3]).get("operations", 100_000)
TASKS = 100


async def lock_free():
    lock = asyncio.Lock()
    for _ in range(OPERATIONS):
        await lock.acquire()
        lock.release()


async def lock_contended():
    lock = asyncio.Lock()

    async def task():
        for _ in range(OPERATIONS // TASKS):
            await lock.acquire()
            await asyncio.sleep(0)
            lock.release()

    await asyncio.gather(*[task() for _ in range(TASKS)])


async def event_ping_pong():
    ping, pong = asyncio.Event(), asyncio.Event()

    async def player(mine, other):
        for _ in range(OPERATIONS // 2):
            await mine.wait()
            mine.clear()
            other.set()

    ping.set()
    await asyncio.gather(player(ping, pong), player(pong, ping))


async def queue_free():
    queue = asyncio.Queue()
    for i in range(OPERATIONS):
        await queue.put(i)
        await queue.get()


async def queue_1():
    queue = asyncio.Queue(1)

    async def produce():
        for i in range(OPERATIONS):
            await queue.put(i)

    async def consume():
        for _ in range(OPERATIONS):
            await queue.get()

    await asyncio.gather(produce(), consume())


SCENARIOS = {
    "lock-free": lock_free,
    "lock-contended": lock_contended,
    "event-ping-pong": event_ping_pong,
    "queue-free": queue_free,
    "queue-1": queue_1,
}


def main():
    kind, name = sys.argv[1:3]
    if kind == "uvloop":
        import uvloop

        uvloop.install()

    async def timed():
        started = time.perf_counter_ns()
        await SCENARIOS[name]()
        return (time.perf_counter_ns() - started) / OPERATIONS

    asyncio.run(timed())
    values = [asyncio.run(timed()) for _ in range(5)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ns": statistics.median(values), "peak": peak}))


main()
