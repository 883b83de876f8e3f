"""CPython's own stream server, one connection long: prints its port, then what its handler noted as one line of JSON.

Argument: the scenario.
"""

import asyncio
import errno
import json
import sys

MEGABYTE = 1024 * 1024


async def outcome(awaitable):
    """What a read gave, or the error that it raised, as the tests compare it."""
    try:
        return (await awaitable).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        return ["incomplete", error.partial.decode("latin-1"), error.expected]
    except asyncio.LimitOverrunError as error:
        return ["overrun", error.consumed]
    except OSError as error:
        return ["lost", errno.errorcode[error.errno]]


async def lines(reader, writer, note):
    for _ in range(4):
        note(await outcome(reader.readline()))
    note(reader.at_eof())


async def iteration(reader, writer, note):
    async for line in reader:
        note(line.decode("latin-1"))


async def exactly(reader, writer, note):
    note(await outcome(reader.readexactly(3)))
    note(await outcome(reader.readexactly(0)))
    note(await outcome(reader.readexactly(10)))
    note(reader.at_eof())


async def until(reader, writer, note):
    note(await outcome(reader.readuntil(b"\r\n")))
    note(await outcome(reader.readuntil(b"--")))
    note(await outcome(reader.readuntil(b"\r\n")))


async def beyond_limit(reader, writer, note):
    note(await outcome(reader.readuntil(b"\n")))
    note(await outcome(reader.readexactly(41)))
    writer.write(b"more")
    note(await outcome(reader.readuntil(b"\n")))
    note(await outcome(reader.readexactly(30)))


async def pieces(reader, writer, note):
    note(await outcome(reader.read(2)))
    note(await outcome(reader.read(0)))
    note(await outcome(reader.read(100)))
    writer.write(b"more")
    note(await outcome(reader.read(-1)))
    note(await outcome(reader.read(100)))


async def half_open(reader, writer, note):
    note(await outcome(reader.read(-1)))
    note(writer.can_write_eof())
    writer.writelines([b"late ", b"answer"])
    await writer.drain()
    writer.write_eof()
    note(writer.is_closing())


async def timed_out(reader, writer, note):
    try:
        await asyncio.wait_for(reader.read(10), 0.01)
    except asyncio.TimeoutError:
        note("timeout")
    writer.write(b"more")
    note(await outcome(reader.read(10)))


async def slow_peer(reader, writer, note):
    note(await outcome(reader.readexactly(2)))
    writer.write(b"x" * (32 * MEGABYTE))
    low, _ = writer.transport.get_write_buffer_limits()
    note(writer.transport.get_write_buffer_size() > low)
    await writer.drain()
    note(writer.transport.get_write_buffer_size() <= low)


async def reset(reader, writer, note):
    writer.write(b"ready")
    note(await outcome(reader.read(10)))
    try:
        await writer.drain()
    except OSError:
        note("drain failed")
    try:
        await writer.wait_closed()
    except OSError as error:
        note(["lost", errno.errorcode[error.errno]])
    note(writer.is_closing())


async def failing(reader, writer, note):
    raise RuntimeError("bug")


SCENARIOS = {
    "lines": lines,
    "iteration": iteration,
    "exactly": exactly,
    "until": until,
    "beyond the limit": beyond_limit,
    "pieces": pieces,
    "half open": half_open,
    "a read that times out": timed_out,
    "a slow peer": slow_peer,
    "reset": reset,
    "failing": failing,
}


async def main(name):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    events = []

    def report(loop, context):
        events.append(["reported", str(context["exception"])])
        done.set_result(None)

    async def handle(reader, writer):
        await SCENARIOS[name](reader, writer, events.append)
        writer.close()
        done.set_result(None)

    loop.set_exception_handler(report)
    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=16)
    print(server.sockets[0].getsockname()[1], flush=True)
    await done
    server.close()
    print(json.dumps(events), flush=True)


asyncio.run(main(sys.argv[1]))
