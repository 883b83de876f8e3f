"""10,000 tasks that each await sleep(0): cold_start.py asyncio|uvloop POINT. Prints the milliseconds of its first run, and of later ones."""

import asyncio
import json
import statistics
import sys
import time

POINT = json.loads(sys.argv[2])
TASKS = POINT["tasks"]


async def task():
    await asyncio.sleep(0)


async def main():
    await asyncio.gather(*[task() for _ in range(TASKS)])


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()


def program():
    before = time.perf_counter()
    asyncio.run(main())
    return (time.perf_counter() - before) * 1000


first = program()
later = [program() for _ in range(POINT["again"])]
print(json.dumps({"ms": first, "later": statistics.median(later[len(later) // 2 :])}))
