"""Echo beside plain TCP. Arguments: loop (asyncio or uvloop), mode (tls, unix or udp), where to listen as JSON."""

import asyncio
import json
import ssl
import sys

MODE = sys.argv[2]
PLACE = json.loads(sys.argv[3])


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def listen(loop):
    if MODE == "udp":
        transport, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))
        return transport.get_extra_info("sockname")[1]
    if MODE == "unix":
        await loop.create_unix_server(Echo, PLACE["path"], backlog=4096)
        return PLACE["path"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PLACE["tls"]["cert"], PLACE["tls"]["key"])
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096, ssl=context)
    return server.sockets[0].getsockname()[1]


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    print(await listen(loop), flush=True)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: ended.done() or ended.set_result(None))
    await ended


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()
asyncio.run(main())
