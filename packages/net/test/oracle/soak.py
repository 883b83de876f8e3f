"""CPython as the other end of the soak: its streams and its transports, as clients or as a server.

    soak.py clients PORT SEED COUNT [CA]     prints one line of JSON when all are done
    soak.py server [CERT KEY]                prints its port, echoes until its input ends, prints one line of JSON

Every byte is checked by the side that connects: the byte at a place of a stream is that place modulo 251.
"""

import asyncio
import json
import random
import ssl
import sys

PERIOD = 251
PATTERN = bytes(place % PERIOD for place in range(PERIOD * 400))
LARGEST_PIECE = 60_000
AT_A_TIME = 6


def piece(place, length):
    start = place % PERIOD
    return PATTERN[start : start + length]


class Check:
    """What one connection has sent and got back."""

    def __init__(self, numbers, wrong):
        self.numbers = numbers
        self.size = 1 + numbers.randrange(400_000 if numbers.randrange(3) == 0 else 20_000)
        self.sent = 0
        self.got = 0
        self.wrong = wrong

    def next(self):
        most = LARGEST_PIECE if self.numbers.randrange(2) == 0 else 200
        length = min(self.size - self.sent, 1 + self.numbers.randrange(most))
        self.sent += length
        return piece(self.sent - length, length)

    def back(self, data):
        for start in range(0, len(data), LARGEST_PIECE):
            part = data[start : start + LARGEST_PIECE]
            if bytes(part) != piece(self.got, len(part)):
                self.wrong.append(f"wrong bytes after {self.got}")
            self.got += len(part)

    def end(self, kind):
        if self.got != self.size:
            self.wrong.append(f"python {kind}: got {self.got} of {self.size} bytes")


async def by_streams(connect, check, half):
    reader, writer = await asyncio.open_connection(**connect)

    async def send():
        while check.sent < check.size:
            writer.write(check.next())
            await writer.drain()
        if half:
            writer.write_eof()

    sending = asyncio.ensure_future(send())
    while check.got < check.size:
        data = await reader.read(LARGEST_PIECE)
        if not data:
            break
        check.back(data)
    await sending
    writer.close()
    await writer.wait_closed()


class Peer(asyncio.Protocol):
    def __init__(self, check, half, done):
        self.check = check
        self.half = half
        self.done = done
        self.full = False

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self):
        while self.check.sent < self.check.size and not self.full:
            self.transport.write(self.check.next())
        if self.check.sent == self.check.size and self.half:
            self.half = False
            self.transport.write_eof()

    def pause_writing(self):
        self.full = True

    def resume_writing(self):
        self.full = False
        self.send()

    def data_received(self, data):
        self.check.back(data)
        if self.check.got >= self.check.size:
            self.transport.close()
        elif self.check.numbers.randrange(10) == 0:
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(0.002, self.go_on)

    def go_on(self):
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, error):
        if error is not None:
            self.check.wrong.append(f"python transport: {error!r}")
        self.done.set_result(None)


async def by_transport(connect, check, half):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    await loop.create_connection(lambda: Peer(check, half, done), **connect)
    await done


async def clients(port, seed, count, ca=None):
    connect = {"host": "127.0.0.1", "port": int(port)}
    if ca is not None:
        connect |= {"ssl": ssl.create_default_context(cafile=ca), "server_hostname": "localhost"}
    numbers = random.Random(int(seed))
    left = list(range(int(count)))
    result = {"done": 0, "bytes": 0, "wrong": []}

    async def some():
        while left:
            way = by_streams if left.pop() % 2 == 0 else by_transport
            check = Check(numbers, result["wrong"])
            half = ca is None and numbers.randrange(2) == 0
            await asyncio.wait_for(way(connect, check, half), 60)
            check.end(way.__name__)
            result["done"] += 1
            result["bytes"] += check.got

    await asyncio.gather(*(some() for _ in range(AT_A_TIME)))
    print(json.dumps(result), flush=True)


class Echo(asyncio.Protocol):
    def __init__(self, result):
        self.result = result

    def connection_made(self, transport):
        self.transport = transport
        self.result["made"] += 1

    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()

    def connection_lost(self, error):
        self.result["lost"] += 1
        if error is not None:
            self.result["wrong"].append(f"python server: {error!r}")


async def serve(*certificate):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    loop = asyncio.get_running_loop()
    result = {"made": 0, "lost": 0, "wrong": []}
    server = await loop.create_server(lambda: Echo(result), "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    while result["lost"] < result["made"]:
        await asyncio.sleep(0.005)
    print(json.dumps(result), flush=True)


asyncio.run((clients if sys.argv[1] == "clients" else serve)(*sys.argv[2:]))
