"""What threads did over a window of time, as columns with one state each."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gil_tui.watch.frames import STATES, Frame, ThreadFrame

IDLE = STATES.index("idle")
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


@dataclass(slots=True)
class _Strip:
    """One thread's states, from column `first` on: index into `STATES`, -1 where it was not seen."""

    first: int
    errors: list[float]
    states: list[int] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The column that is drawn next."""
        return self.first + len(self.states)


class Strips:
    """States by column, of the threads that somebody looks at.

    They follow the shares by error diffusion: a thread with a quarter CPU and three quarters GIL has
    one CPU column and three GIL columns, so that the counts, not the order, are what was measured.
    """

    def __init__(self) -> None:
        self._axis = Axis(0, 0.0, 0)
        self._strips: dict[Key, _Strip] = {}

    def update(self, frames: Sequence[Frame], axis: Axis, keys: Iterable[Key]) -> None:
        """Draw what `frames` (in order) add to the columns of `axis` for the threads `keys`."""
        if axis.column_s != self._axis.column_s or axis.first < self._axis.first:
            self._strips.clear()
        self._axis = axis
        for key, strip in [*self._strips.items()]:
            if strip.next < axis.first:
                del self._strips[key]
            elif strip.first < axis.first:
                del strip.states[: axis.first - strip.first]
                strip.first = axis.first
        if not frames:
            return
        complete = math.floor(frames[-1].end_s / axis.column_s + 1e-9)
        end = min(complete, axis.first + axis.width)
        together: dict[int, dict[Key, _Strip]] = {}
        for key in keys:
            mine = self._strips.setdefault(key, _Strip(axis.first, []))
            together.setdefault(mine.next, {})[key] = mine
        for first, strips in together.items():
            self._draw(frames, strips, first, end)

    def states(self, key: Key) -> list[int]:
        """Index into `STATES` for each column of the axis; -1 where the thread was not seen."""
        axis, strip = self._axis, self._strips.get(key)
        if strip is None:
            return [-1] * axis.width
        shown = strip.states[axis.first - strip.first :][: axis.width]
        return shown + [-1] * (axis.width - len(shown))

    def _draw(self, frames: Sequence[Frame], strips: Mapping[Key, _Strip], first: int, end: int) -> None:
        """Columns from `first` to before `end` of threads that stand at the same one."""
        column_s = self._axis.column_s
        columns: list[dict[Key, list[float]]] = [{} for _ in range(first, end)]
        for frame in _overlapping(frames, first * column_s, end * column_s):
            seen = [thread for thread in frame.threads if (thread.pid, thread.tid) in strips]
            for number in range(max(first, math.floor(frame.start_s / column_s)), end):
                if number * column_s >= frame.end_s:
                    break
                part = min(frame.end_s, (number + 1) * column_s) - max(frame.start_s, number * column_s)
                if part > 0:
                    _add(columns[number - first], seen, part)
        for column in columns:
            for key, strip in strips.items():
                strip.states.append(_next_state(strip, key, column.get(key)))


def _add(column: dict[Key, list[float]], seen: Sequence[ThreadFrame], part: float) -> None:
    """Add `part` of the threads' shares."""
    for thread in seen:
        sums = column.setdefault((thread.pid, thread.tid), [0.0] * len(STATES))
        shares = thread.shares
        if shares.get("idle") == 1.0:
            sums[IDLE] += part
            continue
        for index, state in enumerate(STATES):
            sums[index] += shares.get(state, 0.0) * part


def _next_state(strip: _Strip, key: Key, sums: Sequence[float] | None) -> int:
    """Who was there for a part of a column only gets it whole."""
    total = sum(sums) if sums else 0.0
    if sums is None or not 0 < total < math.inf:
        return -1
    shares = [share / total for share in sums]
    if not strip.errors:
        strip.errors = [0.0] * len(STATES)
        for _ in range(key[1] % len(STATES)):  # threads of equal shares take turns
            _diffuse(strip.errors, shares)
    return _diffuse(strip.errors, shares)


def _overlapping(frames: Sequence[Frame], start_s: float, end_s: float) -> list[Frame]:
    """From the back, where a live window grows."""
    found = []
    for frame in reversed(frames):
        if frame.end_s <= start_s:
            break
        if frame.start_s < end_s:
            found.append(frame)
    return found[::-1]


def _diffuse(errors: list[float], shares: Sequence[float]) -> int:
    for index, share in enumerate(shares):
        errors[index] += share
    state = max(range(len(errors)), key=errors.__getitem__)
    errors[state] -= 1.0
    return state
