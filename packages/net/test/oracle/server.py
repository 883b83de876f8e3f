"""CPython's own server, one connection long: prints its port, then the calls of the protocol as one line of JSON.

Argument: the scenario. Pieces of data that follow each other are one event, as pieces are of any size.
"""

import asyncio
import errno
import json
import sys

MEGABYTE = 1024 * 1024


class Recording(asyncio.Protocol):
    def __init__(self, loop, done):
        self.loop = loop
        self.done = done
        self.events = []

    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")
        self.on_made()

    def data_received(self, data):
        if isinstance(self.events[-1], list) and self.events[-1][0] == "data":
            self.events[-1][1] += data.decode("latin-1")
        else:
            self.events.append(["data", data.decode("latin-1")])
        self.on_data(data)

    def eof_received(self):
        self.events.append("eof")
        return self.on_eof()

    def connection_lost(self, error):
        if isinstance(error, OSError):
            name = errno.errorcode[error.errno]
        else:
            name = None if error is None else "Error"
        self.events.append(["lost", name])
        self.loop.call_soon(lambda: self.done.done() or self.done.set_result(None))

    def pause_writing(self):
        self.events.append("pauseWriting")

    def resume_writing(self):
        self.events.append("resumeWriting")

    def on_made(self):
        pass

    def on_data(self, data):
        pass

    def on_eof(self):
        return None


class Echo(Recording):
    def on_data(self, data):
        self.transport.write(data)


class HalfOpen(Recording):
    def on_eof(self):
        def answer():
            self.transport.write(b"late")
            self.transport.close()

        self.loop.call_later(0.005, answer)
        return True


class WriteEof(Recording):
    def on_made(self):
        self.transport.write(b"bye")
        self.transport.write_eof()


class CloseWhileWriting(Recording):
    def on_data(self, data):
        self.transport.set_write_buffer_limits(64 * MEGABYTE)
        self.transport.write(b"x" * (4 * MEGABYTE))
        self.transport.close()
        self.events.append(["closing", self.transport.is_closing()])


class Abort(Recording):
    def on_data(self, data):
        self.transport.abort()
        self.events.append(["closing", self.transport.is_closing()])


class SlowReader(Recording):
    def on_data(self, data):
        self.transport.write(b"x" * (32 * MEGABYTE))
        self.events.append("written")


class ZeroMarks(Recording):
    def on_data(self, data):
        self.transport.set_write_buffer_limits(high=0)
        self.events.append(["limits", *self.transport.get_write_buffer_limits()])
        self.transport.write(b"x" * (32 * MEGABYTE))


class PauseReading(Recording):
    def on_made(self):
        self.transport.pause_reading()

        def resume():
            self.events.append(["reading", self.transport.is_reading()])
            self.transport.resume_reading()
            self.events.append(["reading", self.transport.is_reading()])

        self.loop.call_later(0.02, resume)


class FailingData(Recording):
    def on_data(self, data):
        raise RuntimeError("bug")


class FailingEof(Recording):
    def on_eof(self):
        raise RuntimeError("bug")


class SoonInMade(Recording):
    def on_made(self):
        self.loop.call_soon(self.events.append, "soon")


class NewProtocol(Recording):
    def on_data(self, data):
        second = Recording(self.loop, self.done)
        second.events = self.events
        self.events.append("replaced")
        self.transport.set_protocol(second)


class OwnMemory(Recording, asyncio.BufferedProtocol):
    def on_made(self):
        self.memory = bytearray(7)

    def get_buffer(self, sizehint):
        return self.memory

    def buffer_updated(self, nbytes):
        self.events.append(["filled", self.memory[:nbytes].decode("latin-1")])


class CloseInEof(Recording):
    def on_eof(self):
        self.transport.close()
        return True


class Greeting(Recording):
    def on_made(self):
        self.transport.write(b"ready")


SCENARIOS = {
    "echo": Echo,
    "half open": HalfOpen,
    "write eof": WriteEof,
    "close while writing": CloseWhileWriting,
    "abort": Abort,
    "slow reader": SlowReader,
    "zero marks": ZeroMarks,
    "pause reading": PauseReading,
    "failing data": FailingData,
    "failing eof": FailingEof,
    "soon in made": SoonInMade,
    "new protocol": NewProtocol,
    "own memory": OwnMemory,
    "close in eof": CloseInEof,
    "reset": Recording,
    "last words before a reset": Greeting,
}


async def main(name):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    done = loop.create_future()
    made = []

    def factory():
        made.append(SCENARIOS[name](loop, done))
        return made[0]

    server = await loop.create_server(factory, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await done
    server.close()
    print(json.dumps(made[0].events), flush=True)


asyncio.run(main(sys.argv[1]))
