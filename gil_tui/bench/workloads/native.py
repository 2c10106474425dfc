"""Native code on the CPU that releases the GIL: what the standard library has of it."""

from __future__ import annotations

import zlib

from ..spec import Knob
from ..worker_data import worker_data
from .base import Workload
from .limits import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any, List, Mapping, Optional, Tuple

    from ..spec import KnobValue

BLOCK_BYTES = 262144
"""Far above the 2047 bytes from which hashlib releases the GIL."""
ZLIB_BLOCK_BYTES = 65536
ORDERS = (
    "CREATE TABLE orders "
    "(id INTEGER PRIMARY KEY, region INTEGER, customer TEXT, cents INTEGER, quantity INTEGER)"
)
TURNOVER = (
    "SELECT region, count(*), sum(cents * quantity), max(length(customer)) FROM orders "
    "WHERE cents BETWEEN ? AND ? GROUP BY region ORDER BY region"
)
CENTS = 10_000
"""Prices are below this; each query asks for half of them."""


class Sha256(Workload):
    """Hashing of large blocks in C."""

    name = "sha256"
    family = "native"
    shows = "Hashing large blocks releases the GIL while C code works: threads can use several cores."
    size_unit = "blocks of 256 KiB"

    def run(self, size: int, number: int) -> int:
        """Hash `size` blocks and return the first four bytes of the digest."""
        import hashlib

        block = b"%08d" % (number % 100_000_000) * (BLOCK_BYTES // 8)
        digest = hashlib.sha256()
        for _ in range(size):
            digest.update(block)
        return int.from_bytes(digest.digest()[:4], "big")


class Zlib(Workload):
    """Compression of text; checked by what comes out again, since zlib's versions compress differently."""

    name = "zlib"
    family = "native"
    shows = "Compression releases the GIL while C code works: threads can use several cores."
    size_unit = "blocks of 64 KiB compressed and restored"
    knobs = (Knob("level", 6, "", "how hard zlib tries, 0 to 9; at 0 it only copies"),)

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        from .samples import log_lines

        self._level = whole(self, "level", 0, 9)
        self._text = "\n".join(log_lines(500)).encode("ascii")[: ZLIB_BLOCK_BYTES - 8]

    def run(self, size: int, number: int) -> int:
        """Compress and restore `size` blocks."""
        checksum = 0
        for index in range(size):
            block = b"%08d" % ((number + index) % 100_000_000) + self._text
            checksum = zlib.crc32(zlib.decompress(zlib.compress(block, self._level)), checksum)
        return checksum


class Sqlite(Workload):
    """A query that scans, filters and groups a table in memory; each worker has a connection of its own."""

    name = "sqlite"
    family = "native"
    shows = "SQLite releases the GIL while it works on a query: threads gain, a connection for each of them."
    size_unit = "queries"
    knobs = (Knob("rows", 10_000, "rows", "of the table that a query scans"),)

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._rows = whole(self, "rows", 1, 10_000_000)
        self._own = worker_data()
        self._connections: List[sqlite3.Connection] = []

    @classmethod
    def lacks(cls) -> Optional[Tuple[str, str]]:
        """SQLite, if this Python was built without it."""
        from importlib.util import find_spec

        if find_spec("_sqlite3") is not None:
            return None
        remedy = "sudo apt-get install libsqlite3-dev, then build this Python again"
        return "the module sqlite3, which this Python was built without", remedy

    def close(self) -> None:
        """Close the connections of this process's workers."""
        for connection in self._connections:
            connection.close()

    def run(self, size: int, number: int) -> int:
        """Ask for the turnover of each region `size` times."""
        connection = self._connection()
        checksum = number & 0xFFFFFFFF
        for index in range(size):
            least = (number + index) * 37 % (CENTS // 2)
            for row in connection.execute(TURNOVER, (least, least + CENTS // 2)):
                checksum = zlib.crc32(b"%d %d %d %d" % row, checksum)
        return checksum

    def _connection(self) -> sqlite3.Connection:
        """This worker's, with the table filled: its first task, which is not measured, does that."""
        known: Optional[sqlite3.Connection] = getattr(self._own, "connection", None)
        if known is not None:
            return known
        import sqlite3

        # closed by the main thread at the end
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.execute(ORDERS)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", map(_order, range(self._rows)))
        connection.commit()
        self._connections.append(connection)
        self._own.connection = connection
        return connection


def _order(number: int) -> Tuple[int, int, str, int, int]:
    mixed = number * 2654435761 % 4294967296
    return number, mixed % 7, "customer %d" % (mixed % 500), mixed // 8 % CENTS, 1 + mixed % 5
