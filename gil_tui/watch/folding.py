"""Threads and processes that have ended, told together: some servers make one for each request."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from gil_tui.watch.frames import STATES, Frame, GilFrame, ThreadFrame

ENDED = "threads that have ended"
MOST_ENDED = 50
"""So many that have ended are kept one by one in a frame: the most active ones."""

Key = tuple[int, int]
"""Process id and thread id."""


class _OfProcess(Protocol):
    @property
    def pid(self) -> int: ...


T = TypeVar("T", bound=_OfProcess)


def folded(frame: Frame, living: Frame) -> Frame:
    """`frame` with at most `MOST_ENDED` threads, processes and GILs that are not in `living`.

    What the other threads did is kept, in rows that add up the times by state of as many threads of a process
    as have room in one; each has the id of the first of them and the name `ENDED`. How many they were, and
    when they were idle, is not. The least busy processes and GILs are left out.
    """
    alive = {(thread.pid, thread.tid) for thread in living.threads}
    pids = {process.pid for process in living.processes} | {gil.pid for gil in living.gils}
    ended = [thread for thread in frame.threads if (thread.pid, thread.tid) not in alive]
    ended.sort(key=lambda thread: (thread.name != ENDED, _busy(thread)), reverse=True)
    rows = _Rows()
    for thread in ended[MOST_ENDED:]:
        rows.add(thread)
    threads = (*(one for one in frame.threads if (one.pid, one.tid) not in rows.row_of), *rows.threads())
    known = {(thread.pid, thread.tid) for thread in threads}
    return replace(
        frame,
        threads=threads,
        processes=_most(frame.processes, pids, lambda process: process.cpu_share),
        gils=tuple(_held_by(gil, known, rows) for gil in _most(frame.gils, pids, _pressure)),
    )


class _Rows:
    """Threads of each process, added up in rows; `row_of` is the id of the row that each went into."""

    def __init__(self) -> None:
        self.row_of: dict[Key, int] = {}
        self._rows: dict[tuple[int, bool], list[ThreadFrame]] = {}

    def add(self, thread: ThreadFrame) -> None:
        """Into the last row of its process, or a new one where that has no room."""
        rows = self._rows.setdefault((thread.pid, thread.counted_only), [])
        if rows and _busy(rows[-1]) + _busy(thread) <= 1:
            rows[-1] = _together(rows[-1], thread)
        else:
            rows.append(replace(thread, name=ENDED, now="idle", lock=None))
        self.row_of[thread.pid, thread.tid] = rows[-1].tid

    def threads(self) -> list[ThreadFrame]:
        """The rows of all processes."""
        return [row for rows in self._rows.values() for row in rows]


def _together(row: ThreadFrame, thread: ThreadFrame) -> ThreadFrame:
    shares = {state: row.shares.get(state, 0.0) + thread.shares.get(state, 0.0) for state in STATES}
    shares["idle"] = 1 - sum(share for state, share in shares.items() if state != "idle")
    return replace(row, shares=shares, schedules_per_s=row.schedules_per_s + thread.schedules_per_s)


def _busy(thread: ThreadFrame) -> float:
    return 1 - thread.shares.get("idle", 0.0)


def _pressure(gil: GilFrame) -> float:
    return (gil.held or 0.0) + (gil.waiting or 0.0)


def _most(items: Sequence[T], pids: Collection[int], busy: Callable[[T], float]) -> tuple[T, ...]:
    """Those of `pids`, and the busiest of the others."""
    others = sorted((item for item in items if item.pid not in pids), key=busy, reverse=True)
    left_out = {id(item) for item in others[MOST_ENDED:]}
    return tuple(item for item in items if id(item) not in left_out)


def _held_by(gil: GilFrame, known: Collection[Key], rows: _Rows) -> GilFrame:
    """Its holders by the rows that they are in now; holders that no frame showed are forgotten."""
    if not gil.holders:
        return gil
    holders: dict[int, float] = {}
    for tid, share in gil.holders.items():
        row = rows.row_of.get((gil.pid, tid), tid)
        if (gil.pid, row) in known:
            holders[row] = holders.get(row, 0.0) + share
    return replace(gil, holders=holders)
