"""Producers and consumers around one bounded queue."""

from __future__ import annotations

import os
import queue
import select
import zlib

from ..failures import JobError, in_words
from ..spec import Knob
from .burning import burn
from .limits import whole
from .locks import ONE_PROCESS
from .scratch import InFolder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional, Union

    from ..spec import KnobValue

ITEM_BYTES = 4096
"""A page and PIPE_BUF on Linux: a pipe takes such items, gives them and has room for them whole (pipe(7))."""
ITEMS_AT_MOST = 256
"""What a pipe may hold without privileges: /proc/sys/fs/pipe-max-size."""
CHECKSUM_BYTES = 4
F_SETPIPE_SZ = 1031
"""linux/fcntl.h; Python names it from 3.10 on."""


class QueueInMemory:
    """A `queue.Queue`, as threads use it."""

    def __init__(self, capacity: int) -> None:
        self._queue: queue.Queue[bytes] = queue.Queue(capacity)
        self.put = self._queue.put
        self.get = self._queue.get

    def offer(self, item: bytes) -> bool:
        """Put an item unless the queue is full; say whether."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            return False
        return True

    def take(self) -> Optional[bytes]:
        """Get an item unless the queue is empty."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None


class QueueInPipe:
    """A pipe with a name, which processes and interpreters open that know no more of each other."""

    def __init__(self, path: str) -> None:
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def limit(self, capacity: int) -> None:
        """Have it hold so many items, rounded up to a power of two by the kernel; Linux alone can."""
        import fcntl

        try:
            fcntl.fcntl(self._pipe, F_SETPIPE_SZ, capacity * ITEM_BYTES)
        except OSError:
            return

    def offer(self, item: bytes) -> bool:
        """Put an item unless the pipe is full; say whether."""
        try:
            os.write(self._pipe, item)
        except BlockingIOError:
            return False
        return True

    def take(self) -> Optional[bytes]:
        """Get an item unless the pipe is empty."""
        try:
            return os.read(self._pipe, ITEM_BYTES)
        except BlockingIOError:
            return None

    def put(self, item: bytes) -> None:
        """Put an item, and wait for room."""
        while not self.offer(item):
            self._wait(select.POLLOUT)

    def get(self) -> bytes:
        """Get an item, and wait for one."""
        while True:
            item = self.take()
            if item is not None:
                return item
            self._wait(select.POLLIN)

    def _wait(self, event: int) -> None:
        poller = select.poll()
        poller.register(self._pipe, event)
        poller.poll()


class Queue(InFolder):
    """Workers that produce items while the queue they share has room, and consume while it has none.

    A task produces `size` items and consumes as many, its own or others'. Workers in one process share a
    `queue.Queue`; those in different processes or interpreters a named pipe of that capacity. Coroutines
    find room or items without waiting.
    """

    name = "queue"
    family = "locks"
    shows = "Items handed on through one queue: each hand-over takes its lock, and between processes a copy."
    size_unit = "items"
    knobs = (
        Knob("capacity", 64, "items", "the queue holds so many, each of 4 kB; a pipe a power of two of them"),
        Knob("item_us", 20.0, "us", "computing to produce an item, and again to consume it"),
    )

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._capacity = whole(self, "capacity", 1, ITEMS_AT_MOST)
        self._item_ms = float(settings["item_us"]) / 1000
        self._queue: Union[QueueInMemory, QueueInPipe] = QueueInMemory(self._capacity)

    def prepare(self) -> None:
        """Make the pipe where one is needed; it lasts as long as somebody has it open."""
        super().prepare()
        if self._is_in_pipe():
            try:
                os.mkfifo(self._path(), 0o600)
                self._queue = QueueInPipe(self._path())
            except OSError as error:
                raise JobError("workload", "%s needs a named pipe: %s" % (self.name, in_words(error)))
            self._queue.limit(self._capacity)

    def enter(self) -> None:
        """Open the pipe where one is needed."""
        super().enter()
        if self._is_in_pipe() and not isinstance(self._queue, QueueInPipe):
            self._queue = QueueInPipe(self._path())

    def run(self, size: int, number: int) -> int:
        """Produce `size` items and consume as many.

        It waits for an item only when it has produced all of its own, and for room only when it has consumed
        all that it must: somebody who can go on is then always left.
        """
        items = self._queue
        made = used = 0
        fresh: Optional[bytes] = None
        while made < size or used < size:
            if made < size:
                fresh = fresh or self._produced(made, number)
                if used == size:
                    items.put(fresh)
                elif not items.offer(fresh):
                    used += self._consumed(items.take())
                    continue
                fresh, made = None, made + 1
            else:
                used += self._consumed(items.get())
        return zlib.crc32(b"%d items of task %d" % (size, number))

    def _is_in_pipe(self) -> bool:
        return self.facts.get("executor", "threads") not in ONE_PROCESS

    def _path(self) -> str:
        return os.path.join(self.folder, "queue")

    def _produced(self, index: int, number: int) -> bytes:
        burn(self._item_ms, _compute)
        content = (b"item %d of task %d" % (index, number)).ljust(ITEM_BYTES - CHECKSUM_BYTES, b".")
        return content + zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "big")

    def _consumed(self, item: Optional[bytes]) -> int:
        """How many items that is; ValueError for one that is not as it was produced."""
        if item is None:
            return 0
        content, checksum = item[:-CHECKSUM_BYTES], item[-CHECKSUM_BYTES:]
        if len(item) != ITEM_BYTES or zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "big") != checksum:
            raise ValueError(
                "an item of %d bytes came out of the queue otherwise than it went in" % len(item)
            )
        burn(self._item_ms, _compute)
        return 1


def _compute() -> int:
    """A microsecond of pure Python."""
    value = 1
    for _ in range(10):
        value = value * 31 & 0xFFFF
    return value
