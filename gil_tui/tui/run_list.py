"""What the History asks of the store: pages of a list, how long it is, and where a run stands in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gil_tui.history import History, HistoryRow
from gil_tui.history.listing import Listing
from gil_tui.lab.records import Run
from gil_tui.tui.mask import Mask
from gil_tui.tui.pages import PAGE, Pages


@dataclass(frozen=True, slots=True)
class Query:
    """Which runs, by which column."""

    filter: str
    order_by: str
    descending: bool

    @property
    def order(self) -> dict[str, Any]:
        """For `History.rows`."""
        return {"order_by": self.order_by, "newest_first": self.descending}


class RunList:
    """Asks beside whoever writes, as `Listing`; raises what it raises. Rows come as they may be shown."""

    def __init__(self, history: History, mask: Mask) -> None:
        self._listing, self._reader = Listing(history), Listing(history)
        self._mask = mask
        self._counted: tuple[str, int] | None = None
        self._version = -1

    @property
    def cpu_s(self) -> float:
        """CPU that the list has cost so far, without the runs that were read."""
        return self._listing.cpu_s

    def known(self, query: Query) -> int | None:
        """How many runs there are, where that was asked before."""
        return self._counted[1] if self._counted and self._counted[0] == query.filter else None

    def forget(self) -> None:
        """There may be more or fewer runs by now than were counted."""
        self._counted = None

    def number_of(self, query: Query, first: list[HistoryRow]) -> int | None:
        """How many runs there are, as far as that is known with the first page."""
        if len(first) < PAGE:
            self._counted = (query.filter, len(first))
        return self.known(query)

    async def count(self, query: Query) -> int:
        """How many runs there are by now."""
        number = await self._listing.count(query.filter)
        self._counted = (query.filter, number)
        return number

    async def page(self, query: Query, number: int) -> list[HistoryRow]:
        """One page of the list."""
        total = self.known(query)
        rows = await self._listing.rows(query.filter, PAGE, number * PAGE, total=total, **query.order)
        return self._mask.rows(rows)

    async def again(
        self, query: Query, run_id: int | None, at: int, missing: Callable[[Pages, int], list[int]]
    ) -> tuple[Pages, int]:
        """The list by now, and where the run from `at` stands in it; no page is `missing` with it there."""
        pages = Pages(await self.count(query))
        place = None if run_id is None else await self._listing.place_of(run_id, query.filter, **query.order)
        place = at if place is None else place
        while numbers := missing(pages, place):
            pages.put(numbers[0], await self.page(query, numbers[0]))
        return pages, place

    async def has_changed(self) -> bool:
        """True when anything was written since this was asked last, and the first time."""
        version = await self._listing.version()
        before, self._version = self._version, version
        return self._version != before

    async def run(self, run_id: int) -> Run:
        """A whole run, whatever is searched meanwhile."""
        return self._mask.run(await self._reader.run(run_id))

    def close(self) -> None:
        """Give up what is asked."""
        self._listing.close()
        self._reader.close()
