"""Echo with asyncio's Protocol API. Arguments: loop (asyncio or uvloop), mode (echo or split)."""

import asyncio
import sys

PIECE = 64


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Split(Echo):
    def data_received(self, data):
        for at in range(0, len(data), PIECE):
            self.transport.write(data[at:at + PIECE])


async def main(protocol):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: ended.done() or ended.set_result(None))
    await ended


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()
asyncio.run(main(Split if sys.argv[2:] == ["split"] else Echo))
