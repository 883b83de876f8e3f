"""What CPython's asyncio does with subprocesses: the results of scenarios, by name, as JSON."""
import asyncio
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT



def TEXT(data):
    return None if data is None else data.decode()


exec_ = asyncio.create_subprocess_exec
shell = asyncio.create_subprocess_shell


async def exit_before_wait():
    child = await exec_("sh", "-c", "exit 7")
    await asyncio.sleep(0.2)
    return [await child.wait(), await child.wait(), child.returncode]


async def output_after_exit():
    child = await shell("(sleep 0.2; echo late) & echo early", stdout=PIPE)
    out, _ = await child.communicate()
    return [TEXT(out), child.returncode]


async def broken_stdin():
    child = await exec_("true", stdin=PIPE, stdout=PIPE)
    out, err = await child.communicate(b"x" * 1_000_000)
    return [TEXT(out), TEXT(err), child.returncode]


async def drain_to_the_dead():
    child = await exec_("true", stdin=PIPE)
    await child.wait()
    await asyncio.sleep(0.1)
    try:
        child.stdin.write(b"x" * 1_000_000)
        await child.stdin.drain()
        return "drained"
    except (BrokenPipeError, ConnectionResetError):
        return "lost"


async def kill_while_communicating():
    child = await exec_("sleep", "100", stdin=PIPE, stdout=PIPE)
    asyncio.get_running_loop().call_later(0.1, child.kill)
    out, _ = await child.communicate()
    return [TEXT(out), child.returncode]


async def both_ways():
    data = bytes(range(256)) * 16384
    child = await exec_("cat", stdin=PIPE, stdout=PIPE)
    out, _ = await child.communicate(data)
    return [out == data, len(out), child.returncode]


async def signal_from_outside():
    child = await exec_("sleep", "100")
    asyncio.get_running_loop().call_later(0.1, os.kill, child.pid, signal.SIGUSR1)
    return await child.wait()


async def signal_after_the_end():
    child = await exec_("true", stdout=PIPE)
    await child.communicate()
    await asyncio.sleep(0.1)
    try:
        child.terminate()
        return "sent"
    except ProcessLookupError:
        return "ProcessLookupError"


async def start(program, **options):
    try:
        await exec_(program, **options)
        return "started"
    except OSError as error:
        return [error.errno, error.filename]


async def not_there():
    return await start("/nope/program")


async def not_allowed():
    with tempfile.NamedTemporaryFile() as file:
        errno, path = await start(file.name)
        return [errno, path == file.name]


async def no_directory():
    return await start("ls", cwd="/nope")


async def cancelled_wait():
    child = await exec_("sleep", "100")
    try:
        await asyncio.wait_for(child.wait(), 0.05)
    except asyncio.TimeoutError:
        pass
    running = child.returncode is None
    child.kill()
    return [running, await child.wait()]


async def streams():
    child = await shell("cat; echo err >&2", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    child.stdin.write(b"one\ntwo")
    child.stdin.write_eof()
    lines = [TEXT(await child.stdout.readline()) for _ in range(3)]
    return [lines, child.stdout.at_eof(), TEXT(await child.stderr.read()), await child.wait()]


async def merged():
    child = await shell("echo a; echo b >&2; echo c", stdout=PIPE, stderr=STDOUT)
    out, err = await child.communicate()
    return [TEXT(out), TEXT(err)]


async def nothing():
    child = await exec_("cat", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    out, err = await child.communicate()
    return [TEXT(out), TEXT(err), child.stdin is None]


async def input_of_none():
    child = await exec_("cat", stdin=PIPE, stdout=PIPE)
    out, _ = await child.communicate()
    return [TEXT(out), child.returncode]


async def too_long_a_line():
    child = await shell("printf %200d 1", stdout=PIPE, limit=64)
    try:
        await child.stdout.readline()
        result = "read"
    except ValueError:
        result = "too long"
    child.stdout.feed_eof()
    await child.wait()
    return result


async def shell_not_found():
    child = await shell("no-such-command-at-all", stderr=DEVNULL)
    return await child.wait()


class Recorder(asyncio.SubprocessProtocol):
    def __init__(self):
        self.events = []
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")

    def pipe_data_received(self, fd, data):
        self.events.append(["data", fd, data.decode()])

    def pipe_connection_lost(self, fd, exc):
        self.events.append(["pipe lost", fd, exc is None])

    def process_exited(self):
        self.events.append(["exited", self.transport.get_returncode()])

    def connection_lost(self, exc):
        self.events.append(["lost", exc is None])
        self.done.set_result(None)


async def recorded(command, act=None):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_shell(Recorder, command)
    if act is not None:
        act(transport)
    await protocol.done
    return protocol.events


async def callbacks():
    return await recorded("read x; echo $x; exec >&-; exec <&-; sleep 0.2; echo err >&2; exec 2>&-; sleep 0.2; exit 3",
                          lambda transport: transport.get_pipe_transport(0).write(b"hello\n"))


async def callbacks_of_a_closed_one():
    events = await recorded("sleep 100", lambda transport: transport.close())
    return sorted(events, key=str)


async def callbacks_with_eof():
    def act(transport):
        transport.get_pipe_transport(0).write_eof()
    events = await recorded("cat; sleep 0.2", act)
    return sorted(events, key=str)


print(json.dumps({name: asyncio.run(globals()[name]()) for name in sys.argv[1:]}))
