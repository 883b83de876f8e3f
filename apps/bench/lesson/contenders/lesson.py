"""The lesson's program: lesson.py asyncio|uvloop POINT. Prints the milliseconds of its one run."""

import time

BEGAN = time.perf_counter()

import asyncio
import json
import sys

TASKS = json.loads(sys.argv[2])["tasks"]


async def task():
    await asyncio.sleep(0)


async def main():
    await asyncio.gather(*[task() for _ in range(TASKS)])


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()
before = time.perf_counter()
asyncio.run(main())
after = time.perf_counter()
print(json.dumps({"ms": (after - before) * 1000, "process": (after - BEGAN) * 1000}))
