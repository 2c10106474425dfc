"""What each thread did over a window of time, as columns with one state each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gil_tui.watch.frames import STATES, Frame

PAGES = 4
"""A live window moves on by such a part of its width at once; in between columns are added one by one."""

Key = tuple[int, int]
"""Process id and thread id."""


@dataclass(frozen=True, slots=True)
class Axis:
    """`width` columns of `column_s` seconds each from number `first` on; number n begins at n `column_s`."""

    first: int
    column_s: float
    width: int

    @property
    def start_s(self) -> float:
        """Where the first column begins."""
        return self.first * self.column_s

    @property
    def end_s(self) -> float:
        """Where the last column ends."""
        return (self.first + self.width) * self.column_s


def axis_to(end_s: float, window_s: float, width: int, *, live: bool, first_s: float | None = None) -> Axis:
    """Columns for a window up to `end_s`; a live one has room for what comes next.

    A live window does not begin before `first_s`, where anything was first seen.
    """
    width = max(1, width)
    column_s = window_s / width
    last = math.floor(end_s / column_s + 1e-9)
    if not live:
        return Axis(last - width, column_s, width)
    page = max(1, width // PAGES)
    seen_from = last - width if first_s is None else min(last, math.floor(first_s / column_s))
    return Axis(max(seen_from, (last // page + 1) * page - width), column_s, width)


class Strips:
    """States of all threads by column.

    They follow the shares by error diffusion: a thread with a quarter CPU and three quarters GIL has
    one CPU column and three GIL columns, so that the counts, not the order, are what was measured.
    """

    def __init__(self) -> None:
        self._axis = Axis(0, 0.0, 0)
        self._next = 0
        self._columns: dict[int, dict[Key, int]] = {}
        self._errors: dict[Key, list[float]] = {}

    def update(self, frames: Sequence[Frame], axis: Axis) -> None:
        """Draw what `frames` (in order) add to the columns of `axis`."""
        if axis.column_s != self._axis.column_s or axis.first < self._axis.first or axis.first > self._next:
            self._columns.clear()
            self._errors.clear()
            self._next = axis.first
        self._axis = axis
        for number in [number for number in self._columns if number < axis.first]:
            del self._columns[number]
        if not frames:
            return
        complete = math.floor(frames[-1].end_s / axis.column_s + 1e-9)
        for number in range(self._next, min(complete, axis.first + axis.width)):
            self._columns[number] = self._column(frames, number * axis.column_s, axis.column_s)
            self._next = number + 1

    def states(self, key: Key) -> list[int]:
        """Index into `STATES` for each column of the axis; -1 where the thread was not seen."""
        first = self._axis.first
        return [
            self._columns.get(number, {}).get(key, -1) for number in range(first, first + self._axis.width)
        ]

    def _column(self, frames: Sequence[Frame], start_s: float, length_s: float) -> dict[Key, int]:
        shares: dict[Key, list[float]] = {}
        for frame in _overlapping(frames, start_s, start_s + length_s):
            part = (min(frame.end_s, start_s + length_s) - max(frame.start_s, start_s)) / length_s
            for thread in frame.threads:
                sums = shares.setdefault((thread.pid, thread.tid), [0.0] * len(STATES))
                for index, state in enumerate(STATES):
                    sums[index] += _finite(thread.shares, state) * part
        # Who was there for a part of a column only gets it whole.
        totals = {key: sum(sums) for key, sums in shares.items()}
        return {
            key: self._next_state(key, [share / totals[key] for share in sums])
            for key, sums in shares.items()
            if totals[key] > 0
        }

    def _next_state(self, key: Key, shares: Sequence[float]) -> int:
        errors = self._errors.get(key)
        if errors is None:
            errors = self._errors[key] = [0.0] * len(STATES)
            for _ in range(len(self._errors) % len(STATES)):  # threads of equal shares take turns
                _diffuse(errors, shares)
        return _diffuse(errors, shares)


def _overlapping(frames: Sequence[Frame], start_s: float, end_s: float) -> list[Frame]:
    """From the back, where a live window grows."""
    found = []
    for frame in reversed(frames):
        if frame.end_s <= start_s:
            break
        if frame.start_s < end_s:
            found.append(frame)
    return found[::-1]


def _finite(shares: Mapping[str, float], state: str) -> float:
    share = shares.get(state, 0.0)
    return share if math.isfinite(share) else 0.0


def _diffuse(errors: list[float], shares: Sequence[float]) -> int:
    for index, share in enumerate(shares):
        errors[index] += share
    state = max(range(len(errors)), key=errors.__getitem__)
    errors[state] -= 1.0
    return state
