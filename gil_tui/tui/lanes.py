"""Thread lanes: frames with shares become columns with one state each, kept as a ring over time."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from gil_tui.watch.frames import STATES, Frame, ThreadFrame

COLUMN_S = 0.125
"""What one column of a lane stands for."""
MOST_COLUMNS_A_FRAME = 8
KEPT_COLUMNS = 512
MANY_LANES = 128
"""With so many lanes a new thread takes over that of one that has ended."""
ACTIVE_SHARE = 0.02
"""A thread that is idle for all but this share has no lane."""

Column = tuple[int, ...]
"""Index into `STATES` for each lane; -1 where there is no such thread."""
GAP: Column = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """What stands beside a lane: its thread's name, and its shares over the last frame."""

    name: str
    shares: Mapping[str, float]

    @property
    def dominant(self) -> str:
        """The state with the largest share."""
        return max(self.shares, key=lambda state: self.shares[state]) if self.shares else "idle"


class Lanes:
    """The last columns of all lanes.

    States follow the shares by error diffusion: a thread with a quarter CPU and three quarters GIL is
    drawn as one CPU column and three GIL columns, so that the counts, not the order, are what was
    measured. A trial begins with an empty column.
    """

    def __init__(self) -> None:
        self.columns: deque[Column] = deque(maxlen=KEPT_COLUMNS)
        self.drawn = 0
        self.lanes: list[Lane] = []
        self.most = 0
        self._slots: dict[tuple[int, int], int] = {}
        self._errors: list[list[float]] = []

    def begin(self) -> None:
        """A new trial: other threads will come, in the same lanes."""
        self._slots.clear()
        self._errors.clear()
        if self.columns and self.columns[-1] != GAP:
            self._append(GAP)

    def clear(self) -> None:
        """Forget everything."""
        self.columns.clear()
        self.begin()
        self.drawn = self.most = 0
        self.lanes = []

    def add(self, frame: Frame) -> None:
        """Draw a frame."""
        threads = {(thread.pid, thread.tid): thread for thread in frame.threads}
        for key in sorted(threads):
            if key not in self._slots and _active(threads[key]):
                slot = self._place(key, threads)
                for _ in range(slot % len(STATES)):  # lanes of equal shares take turns, as their threads do
                    self._next_state(key, slot, threads)
        names = lane_names(list(self._slots), threads)
        self.lanes = [
            Lane(name, threads[key].shares if key in threads else {})
            for name, key in zip(names, self._slots, strict=True)
        ]
        self.most = max(self.most, len(self.lanes))
        wanted = max(1, round((frame.end_s - frame.start_s) / COLUMN_S))
        for _ in range(min(wanted, MOST_COLUMNS_A_FRAME)):
            self._append(tuple(self._next_state(key, slot, threads) for key, slot in self._slots.items()))

    def column(self, position: int, width: int) -> Column | None:
        """The column at `position` of a sweep `width` wide, like an oscilloscope's; None where it is blank.

        The place that is drawn next is blank, so that the eye finds where the newest column stands.
        """
        if width < 2:
            return None
        newest = self.drawn - 1
        index = newest - (newest - position) % width
        age = newest - index
        if index < 0 or age >= min(width - 1, len(self.columns)):
            return None
        return self.columns[len(self.columns) - 1 - age]

    def _place(self, key: tuple[int, int], threads: Mapping[tuple[int, int], ThreadFrame]) -> int:
        """The lane of a new thread: its number, which is its place in `_slots`."""
        if len(self._slots) >= MANY_LANES:
            ended = next((one for one in self._slots if one not in threads), None)
            if ended is not None:
                slot = self._slots[ended]
                self._slots = {key if one == ended else one: at for one, at in self._slots.items()}
                self._errors[slot] = [0.0] * len(STATES)
                return slot
        slot = self._slots[key] = len(self._slots)
        self._errors.append([0.0] * len(STATES))
        return slot

    def _append(self, column: Column) -> None:
        self.columns.append(column)
        self.drawn += 1

    def _next_state(
        self, key: tuple[int, int], slot: int, threads: Mapping[tuple[int, int], ThreadFrame]
    ) -> int:
        thread = threads.get(key)
        if thread is None:
            return -1
        errors = self._errors[slot]
        for index, state in enumerate(STATES):
            share = thread.shares.get(state, 0.0)
            errors[index] += share if math.isfinite(share) else 0.0
        state_index = max(range(len(STATES)), key=errors.__getitem__)
        errors[state_index] -= 1.0
        return state_index


def lane_names(keys: list[tuple[int, int]], threads: Mapping[tuple[int, int], ThreadFrame]) -> list[str]:
    """Short names: the thread's own where it has one, else `main`, `t1`… or, of several processes, `p1`…"""
    pids = list(dict.fromkeys(pid for pid, _ in keys))
    counts: dict[int, int] = {}
    names = []
    for pid, tid in keys:
        own = threads[pid, tid].name if (pid, tid) in threads else ""
        number = counts[pid] = counts.get(pid, -1) + 1
        process = f"p{pids.index(pid)}" if len(pids) > 1 else ""
        if own and not own.lower().startswith(("python", "pypy")):
            names.append(own)
        elif tid == pid:
            names.append(process or "main")
        else:
            names.append(f"{process}.{number}" if process else f"t{number}")
    return names


def _active(thread: ThreadFrame) -> bool:
    return 1.0 - thread.shares.get("idle", 0.0) > ACTIVE_SHARE
