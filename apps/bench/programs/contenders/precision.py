"""How late timers run: precision.py asyncio|uvloop POINT. Lateness in microseconds, CPU in per cent."""

import asyncio
import json
import random
import sys
import time

KIND, POINT = sys.argv[1:3]
SIZES = json.loads(POINT)


async def precision():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    count = SIZES["timers"]
    late = []

    def fire(due):
        late.append(time.perf_counter() - due)
        if len(late) == count:
            done.set_result(None)

    before = time.process_time()
    for _ in range(count):
        delay = 0.02 + random.random()
        loop.call_later(delay, fire, time.perf_counter() + delay)
    await done
    cpu = (time.process_time() - before) * 100
    late.sort()
    at = lambda p: late[int((count - 1) * p)] * 1e6
    print(json.dumps({"p50": at(0.5), "p99": at(0.99), "cpu": cpu}))


if KIND == "uvloop":
    import uvloop

    uvloop.install()
asyncio.run(precision())
