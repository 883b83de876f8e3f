"""What a waiter of one lock costs as their number grows: asyncio_growth.py asyncio|uvloop POINT"""

import asyncio
import json
import resource
import sys
import time

COUNT = json.loads(sys.argv[2])["count"]


async def program(count):
    lock = asyncio.Lock()
    await lock.acquire()

    async def task():
        await lock.acquire()
        lock.release()

    waiting = asyncio.gather(*[task() for _ in range(count)])
    await asyncio.sleep(0)
    lock.release()
    await waiting


async def main():
    await program(1000)
    began = time.perf_counter_ns()
    await program(COUNT)
    ns = (time.perf_counter_ns() - began) / COUNT
    print(json.dumps({"ns": ns, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()
asyncio.run(main())
