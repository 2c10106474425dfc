"""The list of runs for a screen: read beside whoever writes, and given up as soon as nobody waits for it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from gil_tui.history.errors import StoreError
from gil_tui.history.rows import HistoryRow
from gil_tui.history.store import History
from gil_tui.lab.records import Run

T = TypeVar("T")


class Listing:
    """Rows and their number from a connection and a thread of its own: a million rows take a second.

    A query whose task is cancelled is stopped, so that typing a filter does not wait for the letters
    before. The methods raise `StoreError`; one query at a time is what it is made for.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._beside: History | None = None
        self._thread = ThreadPoolExecutor(1, "listing")
        self._is_closed = False
        self.cpu_s = 0.0
        """CPU that the queries have used so far."""

    async def rows(self, filter: str, limit: int, offset: int, **order: Any) -> list[HistoryRow]:
        """As `History.rows`."""
        return await self._ask(lambda history: history.rows(filter, limit, offset, **order))

    async def count(self, filter: str) -> int:
        """As `History.count`."""
        return await self._ask(lambda history: history.count(filter))

    async def place_of(self, run_id: int, filter: str, **order: Any) -> int | None:
        """As `History.place_of`."""
        return await self._ask(lambda history: history.place_of(run_id, filter, **order))

    async def run(self, run_id: int) -> Run:
        """As `History.run`; a run may have printed a lot."""
        return await self._ask(lambda history: history.run(run_id))

    async def version(self) -> int:
        """As `History.version`: it changes with whatever this instance or another one writes."""
        return await self._ask(History.version)

    def close(self) -> None:
        """Stop what is under way, cancel who waits for it and let go of the file; does not wait."""
        self._is_closed = True
        if self._beside:
            self._beside.interrupt()
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    async def _ask(self, query: Callable[[History], T]) -> T:
        loop = asyncio.get_running_loop()
        while not self._is_closed:
            try:
                return await loop.run_in_executor(self._thread, partial(self._answer, query))
            except asyncio.CancelledError:
                if self._beside:
                    self._beside.interrupt()
                raise
            except StoreError as error:
                if error.kind != "interrupted":  # else it was meant for the query before
                    raise
        raise asyncio.CancelledError

    def _answer(self, query: Callable[[History], T]) -> T:
        if self._beside is None and self._history.on_disk:
            self._history.refuse_if_frozen()  # another connection would share what is mapped already
            self._beside = History.open(self._history.path, read_only=True)
        began_s = time.thread_time()
        try:
            return query(self._beside or self._history)
        finally:
            self.cpu_s += time.thread_time() - began_s

    def _close(self) -> None:
        if self._beside:
            self._beside.close()
