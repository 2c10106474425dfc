"""Pure Python, and C that works on Python objects: the GIL is held all the time."""

from __future__ import annotations

import zlib

from ..spec import Knob
from .base import Workload
from .limits import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from ..spec import KnobValue

MASK = 0xFFFFFFFF
LOG_LINES = 1000
"""So many different lines; they fit a cache, as the last lines of a log do."""


class Countdown(Workload):
    """The classic loop of the talks about the GIL."""

    name = "countdown"
    family = "cpu"
    shows = "A pure-Python loop holds the GIL all the time: threads take turns, processes run side by side."
    size_unit = "decrements"

    def run(self, size: int, number: int) -> int:
        """Count `size` down to nothing."""
        left = size
        while left > 0:
            left -= 1
        return size - left + number


class Primes(Workload):
    """Trial division: function calls, integer arithmetic and branches."""

    name = "primes"
    family = "cpu"
    shows = "Pure-Python arithmetic, as in most business code: it holds the GIL, and a JIT makes it faster."
    size_unit = "numbers tested"

    def run(self, size: int, number: int) -> int:
        """Add up the primes among `size` numbers; all tasks cost nearly the same."""
        first = 100_000 + number % 1000 * 97
        return sum(n for n in range(first, first + size) if _is_prime(n)) & 0xFFFFFFFF


def _is_prime(n: int) -> bool:
    if n % 2 == 0:
        return n == 2
    divisor = 3
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 2
    return n > 1


class Json(Workload):
    """A document of a web shop, encoded and decoded by the standard library."""

    name = "json"
    family = "cpu"
    shows = "JSON is encoded and decoded by C code that holds the GIL: being native does not help threads."
    size_unit = "documents encoded and decoded"
    knobs = (
        Knob("lines", 12, "order lines", "how large a document is; an order line takes about 190 bytes"),
    )

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        from .samples import order

        self._order = order(whole(self, "lines", 0, 100_000))

    def run(self, size: int, number: int) -> int:
        """Encode and decode `size` documents, each the decoded one before it with a new id."""
        import json

        document = dict(self._order)
        checksum = number & MASK
        for index in range(size):
            document["id"] = 100_000_000 + (number + index) % 100_000_000
            text = json.dumps(document)
            document = json.loads(text)
            checksum = zlib.crc32(text.encode("ascii"), checksum)
        return checksum


class Regex(Workload):
    """Lines of a web server's log, taken apart by a regular expression."""

    name = "regex"
    family = "cpu"
    shows = "Regular expressions run in C and hold the GIL throughout: parsing logs in threads gains nothing."
    size_unit = "log lines parsed"

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        import re

        from .samples import log_lines

        self._lines = log_lines(LOG_LINES)
        self._match = re.compile(
            r"(?P<host>[\d.]+) \S+ \S+ \[(?P<time>[^\]]+)\] "
            r'"(?P<method>[A-Z]+) (?P<path>[^ "]+)(?: HTTP/[\d.]+)?" '
            r'(?P<status>\d{3}) (?P<bytes>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"$'
        ).match

    def run(self, size: int, number: int) -> int:
        """Parse `size` lines of the log, from a place that the task's number decides."""
        match, lines = self._match, self._lines
        checksum = number
        for index in range(number, number + size):
            found = match(lines[index % LOG_LINES])
            if found is None:
                raise ValueError("this is no log line: %r" % lines[index % LOG_LINES])
            path, status, length = found.group("path", "status", "bytes")
            checksum = (checksum * 31 + int(status) + int(length) + len(path)) & MASK
        return checksum


class Mandelbrot(Workload):
    """Floating-point arithmetic on points spread evenly over the picture, so that tasks cost the same."""

    name = "mandelbrot"
    family = "cpu"
    shows = "Floating-point loops in pure Python hold the GIL; a JIT makes them many times faster."
    size_unit = "points"
    knobs = (Knob("iterations", 100, "iterations", "after which a point counts as inside the set"),)

    def run(self, size: int, number: int) -> int:
        """Count the iterations until each of `size` points escapes."""
        most = int(self.settings["iterations"])
        checksum = number
        for index in range(number * 1009, number * 1009 + size):
            # Roberts' R2 sequence, by whole numbers: evenly spread from any index on
            x = (index * 3242174889 & MASK) / 4294967296 * 3.0 - 2.25
            y = (index * 2447445414 & MASK) / 4294967296 * 2.5 - 1.25
            checksum = (checksum * 31 + _iterations(x, y, most)) & MASK
        return checksum


def _iterations(x: float, y: float, most: int) -> int:
    """No complex numbers: C compilers may fuse their products, which rounds otherwise."""
    real = imaginary = 0.0
    for count in range(most):
        square, other = real * real, imaginary * imaginary
        if square + other > 4.0:
            return count
        imaginary = 2.0 * real * imaginary + y
        real = square - other + x
    return most
