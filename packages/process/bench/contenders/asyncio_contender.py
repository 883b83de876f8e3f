"""asyncio's subprocesses, on its own loop or on uvloop: PROGRAM asyncio|uvloop SCENARIO POINT."""

import asyncio
import json
import resource
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE

kind, scenario, point = sys.argv[1], sys.argv[2], json.loads(sys.argv[-1])
operations, together = point["operations"], point.get("together", 1)
data = b"loop" * (point.get("bytes", 0) // 4)


async def true():
    child = await asyncio.create_subprocess_exec("/bin/true", stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    await child.wait()


async def cat():
    child = await asyncio.create_subprocess_exec("/bin/cat", stdin=PIPE, stdout=PIPE)
    await child.communicate(data)


once = {"true": true, "cat": cat}[scenario]


async def timed():
    started = time.perf_counter_ns()
    for _ in range(operations // together):
        await asyncio.gather(*(once() for _ in range(together)))
    return (time.perf_counter_ns() - started) / operations


if kind == "uvloop":
    import uvloop

    uvloop.install()

asyncio.run(timed())
values = [asyncio.run(timed()) for _ in range(5)]
print(json.dumps({"ns": statistics.median(values), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
