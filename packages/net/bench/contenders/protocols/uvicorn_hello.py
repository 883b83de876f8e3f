"""GET /hello by uvicorn on uvloop, without its log. It needs a port, so the socket is made here."""

import asyncio
import os
import socket
import sys
import threading

import uvicorn

HEADERS = [(b"content-length", b"5"), (b"content-type", b"text/plain")]


async def app(scope, receive, send):
    found = scope["method"] == "GET" and scope["path"] == "/hello"
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": HEADERS if found else []})
    await send({"type": "http.response.body", "body": b"hello" if found else b""})


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
threading.Thread(target=end_with_input, daemon=True).start()
config = uvicorn.Config(app, loop="uvloop", access_log=False, log_level="error", lifespan="off")
config.setup_event_loop()
print(listener.getsockname()[1], flush=True)
asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
