"""The server of the workload `http`, a program of its own: `http_server.py LATENCY_MS ANSWERS_AT_ONCE`.

It listens on a free port of the loopback interface, prints the port, and answers every `GET /N` with a
body that depends on N. An answer takes the latency, and only so many are worked on at a time (0 for any
number); other requests wait for their turn. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Optional

BODY_REPEATS = 100
BACKLOG = 4096


class Desk:
    """Where requests are worked on, the first come first."""

    def __init__(self, latency_s: float, at_once: int) -> None:
        self._latency_s = latency_s
        self._at_once = at_once
        self._busy = 0
        self._queue: Deque[Answer] = deque()

    def ask(self, answer: Answer) -> None:
        """A request is there whole."""
        if self._at_once and self._busy >= self._at_once:
            self._queue.append(answer)
        else:
            self._begin(answer)

    def _begin(self, answer: Answer) -> None:
        self._busy += 1
        asyncio.get_running_loop().call_later(self._latency_s, self._end, answer)

    def _end(self, answer: Answer) -> None:
        self._busy -= 1
        answer.give()
        if self._queue:
            self._begin(self._queue.popleft())


class Answer(asyncio.Protocol):
    """One connection with one request."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
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
            self._desk.ask(self)

    def connection_lost(self, error: Optional[Exception]) -> None:
        """They left."""
        self._transport = None

    def give(self) -> None:
        """Send the answer, unless nobody is there any more."""
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
    desk = Desk(float(sys.argv[1]) / 1000, int(sys.argv[2]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Answer(desk), "127.0.0.1", 0, family=socket.AF_INET, backlog=BACKLOG
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    end = loop.create_future()
    loop.add_reader(sys.stdin.fileno(), end.set_result, None)
    await end
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
