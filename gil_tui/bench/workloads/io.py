"""Waiting: for the clock, and for the network."""

from __future__ import annotations

import os
import sys
import zlib

from ..failures import JobError
from ..spec import Knob
from .base import Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import List, Optional, Tuple

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "http_server.py")
HOST = "127.0.0.1"


class Sleep(Workload):
    """Waiting and nothing else."""

    name = "sleep"
    family = "io"
    shows = "Pure waiting releases the GIL: many threads or coroutines wait at once, on one core."
    size_unit = "sleeps"
    knobs = (Knob("duration_ms", 20.0, "ms", "how long one sleep lasts"),)
    is_async = True

    @property
    def _duration_s(self) -> float:
        return float(self.settings["duration_ms"]) / 1000

    def run(self, size: int, number: int) -> int:
        """Sleep `size` times."""
        import time

        for _ in range(size):
            time.sleep(self._duration_s)
        return number

    async def run_async(self, size: int, number: int) -> int:
        """Sleep `size` times and let others run meanwhile."""
        import asyncio

        for _ in range(size):
            await asyncio.sleep(self._duration_s)
        return number


class Http(Workload):
    """GET requests, each on a connection of its own, to a server that answers after a set latency."""

    name = "http"
    family = "io"
    shows = "Requests to a real local server: waiting releases the GIL, handling the answers does not."
    size_unit = "requests"
    knobs: Tuple[Knob, ...] = (
        Knob("latency_ms", 20.0, "ms", "how long the server takes to answer"),
        Knob("answers_at_once", 0, "answers", "so many the server works on at a time; 0 for any number"),
    )
    is_async = True
    _server: Optional[subprocess.Popen[bytes]] = None

    def prepare(self) -> None:
        """Start the server, in a process of its own."""
        import subprocess

        settings = [str(self.settings[knob]) for knob in ("latency_ms", "answers_at_once")]
        command = [sys.executable, "-I", "-S", SERVER, *settings]
        try:
            self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise JobError("workload", "the HTTP server does not start: %s" % error)
        self.helpers = (self._server.pid,)
        assert self._server.stdout is not None
        port = self._server.stdout.readline()
        if not port:
            raise JobError("workload", "the HTTP server ended with code %s" % self._server.wait())
        self.facts["port"] = int(port)

    def close(self) -> None:
        """End the server; it would also end with this process."""
        if self._server is not None:
            self._server.kill()
            self._server.communicate()

    def run(self, size: int, number: int) -> int:
        """Ask `size` times, one after the other."""
        import http.client

        checksum = 0
        for path in _paths(size, number):
            connection = http.client.HTTPConnection(HOST, self.facts["port"])
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                checksum = _checked(answer.status, answer.read(), checksum)
            finally:
                connection.close()
        return checksum

    async def run_async(self, size: int, number: int) -> int:
        """Ask `size` times, one after the other, and let others run meanwhile."""
        import asyncio

        checksum = 0
        for path in _paths(size, number):
            reader, writer = await asyncio.open_connection(HOST, self.facts["port"])
            try:
                writer.write(b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (path.encode(), HOST.encode()))
                answer = await reader.read()
            finally:
                writer.close()
            head, _, body = answer.partition(b"\r\n\r\n")
            checksum = _checked(int(head.split(None, 2)[1]), body, checksum)
        return checksum


def _paths(size: int, number: int) -> List[str]:
    return ["/%d" % (number * size + index) for index in range(size)]


def _checked(status: int, body: bytes, checksum: int) -> int:
    if status != 200:
        raise OSError("the server answered with status %d" % status)
    return zlib.crc32(body, checksum)
