"""Computing and waiting together: requests of a web application, and I/O beside a thread that computes."""

from __future__ import annotations

import threading
import time
import zlib

from ..failures import JobError
from ..spec import Knob
from .base import Workload
from .burning import burn
from .io import Http
from .limits import whole
from .locks import ONE_PROCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping

    from ..spec import KnobValue

    Order = Dict[str, Any]

LINES = 20
"""Of an order; parsing and rendering one takes some ten microseconds."""

HANDED_OVER = (
    "tasks are handed over by the process that computes: that waits for its GIL, a task's latency does not"
)


class Web(Workload):
    """Requests that are parsed (JSON), wait for another service, and are answered with a page (HTML).

    A calibrated task is one request, so that latencies of tasks are those of requests.
    """

    name = "web"
    family = "mixed"
    shows = "A request computes, waits and computes: threads overlap the waits until computing fills the GIL."
    size_unit = "requests, one after the other"
    size_at_most = 1
    knobs = (
        Knob("parse_ms", 2.0, "ms", "CPU time for parsing a request"),
        Knob("wait_ms", 12.0, "ms", "waiting, for a database say"),
        Knob("render_ms", 6.0, "ms", "CPU time for rendering the answer"),
    )
    is_async = True

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._parse_ms, wait_ms, self._render_ms = (float(settings[knob.name]) for knob in self.knobs)
        self._wait_s = wait_ms / 1000

    def run(self, size: int, number: int) -> int:
        """Handle `size` requests."""
        checksum = 0
        for index in range(size):
            order = self._parsed(number, index)
            time.sleep(self._wait_s)
            checksum = zlib.crc32(self._rendered(order), checksum)
        return checksum

    async def run_async(self, size: int, number: int) -> int:
        """Handle `size` requests, and let others run while one waits."""
        import asyncio

        checksum = 0
        for index in range(size):
            order = self._parsed(number, index)
            await asyncio.sleep(self._wait_s)
            checksum = zlib.crc32(self._rendered(order), checksum)
        return checksum

    def _parsed(self, number: int, index: int) -> Order:
        import json

        lines = [{"article": "shirt & tie", "size": size, "cents": 1999} for size in range(LINES)]
        body = json.dumps({"order": number, "item": index, "lines": lines})
        burn(self._parse_ms, lambda: json.loads(body))
        order: Order = json.loads(body)
        return order

    def _rendered(self, order: Order) -> bytes:
        burn(self._render_ms, lambda: _page(order))
        return _page(order)


def _page(order: Order) -> bytes:
    import html

    rows = [
        "<tr><td>%s</td><td>%d</td><td>%.2f</td></tr>"
        % (html.escape(line["article"]), line["size"], line["cents"] / 100)
        for line in order["lines"]
    ]
    return (
        "<h1>Order %d, %d</h1><table>%s</table>" % (order["order"], order["item"], "".join(rows))
    ).encode()


class Convoy(Http):
    """Requests as those of `http`, while threads of the experiment's own process compute without end.

    A call that waits gives the GIL up, and gets it back up to a switch interval after the wait is over. The
    computing threads are no workers: workers in other processes, or interpreters, have a GIL without them,
    but are handed their tasks by the process that computes. While sizes are calibrated nothing computes
    beside the requests. A calibrated task is one request.
    """

    name = "convoy"
    family = "mixed"
    shows = (
        "One computing thread delays all I/O beside it: after each wait up to a switch interval, for the GIL."
    )
    size_unit = "requests, one after the other"
    size_at_most = 1
    knobs = (
        Knob("latency_ms", 2.0, "ms", "how long the server takes to answer"),
        Knob("answers_at_once", 0, "answers", "so many the server works on at a time; 0 for any number"),
        Knob("spinners", 1, "threads", "so many compute beside the requests; 0 to compare with"),
    )

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._wanted = whole(self, "spinners", 0, 1000)
        self._spinners: List[Spinner] = []

    def prepare(self) -> None:
        """Start the server, and the threads that compute."""
        super().prepare()
        while len(self._spinners) < self._wanted and self.facts.get("job") == "trial":
            spinner = Spinner()
            try:
                spinner.start()
            except RuntimeError as error:
                raise JobError("workload", "%d spinners cannot be started: %s" % (self._wanted, error))
            self._spinners.append(spinner)
        if self._spinners and self.facts.get("executor") not in ONE_PROCESS:
            self.notes = (HANDED_OVER,)

    def close(self) -> None:
        """End the threads that compute, and the server."""
        for spinner in self._spinners:
            spinner.end()
        super().close()

    def figures(self) -> Dict[str, float]:
        """What the computing threads got done since they began: `spinner_steps_per_s`, of all of them."""
        if not self._spinners:
            return {}
        return {"spinner_steps_per_s": sum(spinner.steps_per_s() for spinner in self._spinners)}


class Spinner(threading.Thread):
    """Computes in pure Python until it is told to end."""

    STEPS = 1000

    def __init__(self) -> None:
        super().__init__(name="spinner", daemon=True)
        self._steps = 0
        self._begun_s = time.monotonic()
        self._ended = False

    def run(self) -> None:
        """Count."""
        self._begun_s = time.monotonic()
        while not self._ended:
            for _ in range(self.STEPS):
                self._steps += 1

    def end(self) -> None:
        """Have it end, and wait for that."""
        self._ended = True
        if self.is_alive():
            self.join()

    def steps_per_s(self) -> float:
        """Its rate since it began."""
        return self._steps / max(1e-9, time.monotonic() - self._begun_s)
