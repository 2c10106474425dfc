"""The server of the workload `http`, a program of its own: `http_server.py LATENCY_MS`.

It listens on a free port of the loopback interface, prints the port, and answers every `GET /N` after
the latency with a body that depends on N. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

BODY_REPEATS = 100
BACKLOG = 4096


class Answer(asyncio.Protocol):
    """One connection with one request."""

    latency_s = 0.0

    def __init__(self) -> None:
        self._request = b""
        self._transport: Optional[asyncio.Transport] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the head of the request is there."""
        self._request += data
        if b"\r\n\r\n" in self._request:
            asyncio.get_running_loop().call_later(self.latency_s, self._answer)

    def connection_lost(self, error: Optional[Exception]) -> None:
        """They left."""
        self._transport = None

    def _answer(self) -> None:
        if self._transport is None:
            return
        parts = self._request.split(None, 2)
        found = len(parts) == 3 and parts[0] == b"GET" and parts[1][1:].isdigit()
        body = b"%s\n" % parts[1] * BODY_REPEATS if found else b"GET /N, please\n"
        status = b"200 OK" if found else b"404 Not Found"
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
        self._transport.write(head + body)
        self._transport.close()


async def main() -> None:
    """Serve until standard input ends."""
    Answer.latency_s = float(sys.argv[1]) / 1000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answer, "127.0.0.1", 0, family=socket.AF_INET, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    end = loop.create_future()
    loop.add_reader(sys.stdin.fileno(), end.set_result, None)
    await end
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
