"""Memory of pending tasks, and growth, on CPython's asyncio or on uvloop.

usage: asyncio_more.py asyncio|uvloop SCENARIO POINT
"""

import asyncio
import gc
import json
import random
import resource
import sys
import time

KIND, NAME, POINT = sys.argv[1:4]
SIZES = json.loads(POINT)


def resident():
    """Bytes in user space."""
    gc.collect()
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) * 1024


async def pending_tasks():
    loop = asyncio.get_running_loop()
    count = SIZES["tasks"]

    async def task(future):
        await future

    before = resident()
    kept = []
    for _ in range(count):
        future = loop.create_future()
        kept.append((future, loop.create_task(task(future))))
    await asyncio.sleep(0.01)
    print(json.dumps({"bytes": (resident() - before) / count}), flush=True)
    for future, _ in kept:
        future.set_result(None)
    await asyncio.sleep(0)


async def tasks(count):
    async def task():
        await asyncio.sleep(0)

    await asyncio.gather(*[task() for _ in range(count)])


async def timers(count):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left = count

    def fire():
        nonlocal left
        left -= 1
        if left == 0:
            done.set_result(None)

    for _ in range(count):
        loop.call_later(random.uniform(0, 0.1), fire)
    await done


async def waiters(count):
    shared = asyncio.get_running_loop().create_future()

    async def task():
        await shared

    waiting = asyncio.gather(*[task() for _ in range(count)])
    await asyncio.sleep(0)
    shared.set_result(None)
    await waiting


GROWING = {"tasks": tasks, "timers": timers, "waiters": waiters}


async def growth(program):
    count = SIZES["count"]
    await program(1000)
    cpu = time.process_time_ns()
    began = time.perf_counter_ns()
    await program(count)
    ns = (time.perf_counter_ns() - began) / count
    print(json.dumps({"ns": ns, "cpu": (time.process_time_ns() - cpu) / count, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if KIND == "uvloop":
    import uvloop

    uvloop.install()
if NAME == "pending-tasks":
    asyncio.run(pending_tasks())
else:
    asyncio.run(growth(GROWING[NAME]))
