"""What CPython's StreamReader gives for programs of feeds and reads: one program of JSON a line in, its outcomes out."""

import asyncio
import json
import sys


async def outcome(awaitable):
    try:
        return (await awaitable).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        return ["incomplete", error.partial.decode("latin-1"), error.expected]
    except asyncio.LimitOverrunError as error:
        return ["overrun", error.consumed]


def begin(reader, kind, argument):
    if kind == "until":
        return reader.readuntil(argument.encode("latin-1"))
    if kind == "exactly":
        return reader.readexactly(argument)
    if kind == "line":
        return reader.readline()
    return reader.read(argument)


async def run(program):
    reader = asyncio.StreamReader(limit=program["limit"])
    pieces = list(program["pieces"])
    outcomes = []
    for kind, argument in program["reads"]:
        task = asyncio.ensure_future(outcome(begin(reader, kind, argument)))
        for _ in range(8):
            await asyncio.sleep(0)
        while not task.done():
            if pieces:
                reader.feed_data(pieces.pop(0).encode("latin-1"))
            else:
                reader.feed_eof()
            for _ in range(8):
                await asyncio.sleep(0)
        outcomes.append(task.result())
    return outcomes


for line in sys.stdin:
    print(json.dumps(asyncio.run(run(json.loads(line)))), flush=True)
