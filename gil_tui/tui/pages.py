"""A list of which only some pages are there: a million runs are never all loaded."""

from collections.abc import Collection, Sequence

from gil_tui.history import HistoryRow

PAGE = 200
KEPT = 10
"""Pages at most; of more the one farthest from the last that came is let go."""


class Pages:
    """The rows 0 to `total` of a list, as far as they were loaded."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self._pages: dict[int, list[HistoryRow]] = {}

    @property
    def rows(self) -> list[HistoryRow]:
        """Those that are there, in order."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def row(self, index: int) -> HistoryRow | None:
        """The row at this place; None where it is not there."""
        page = self._pages.get(index // PAGE, ())
        return page[index % PAGE] if 0 <= index < self.total and index % PAGE < len(page) else None

    def place_of(self, run_id: int) -> int | None:
        """Where this run stands; None where it is not there."""
        for number, page in self._pages.items():
            for at, row in enumerate(page):
                if row.id == run_id:
                    return number * PAGE + at
        return None

    def put(self, number: int, rows: Sequence[HistoryRow]) -> None:
        """Take in a page; `total` follows where it turns out to be too small."""
        self._pages[number] = list(rows)
        self.total = max(self.total, number * PAGE + len(rows))
        if len(self._pages) > KEPT:
            del self._pages[max(self._pages, key=lambda one: abs(one - number))]

    def drop(self, ids: Collection[int]) -> None:
        """Take these runs out; until the list comes anew, pages behind them stand where they stood."""
        for number, page in self._pages.items():
            self._pages[number] = [row for row in page if row.id not in ids]
            self.total -= len(page) - len(self._pages[number])

    def missing(self, first: int, last: int) -> list[int]:
        """The pages that are not there of those with the rows `first` to `last`."""
        first, last = max(0, first), min(last, self.total - 1)
        return [number for number in range(first // PAGE, last // PAGE + 1) if number not in self._pages]

    def lacks(self, number: int) -> bool:
        """Whether rows are missing in this page."""
        return len(self._pages.get(number, ())) < min(PAGE, self.total - number * PAGE)

    def has(self, other: "Pages") -> bool:
        """Whether all that is there of another list stands here just so."""
        pages = other._pages.items()
        return self.total == other.total and all(self._pages.get(number) == page for number, page in pages)
