"""The GIL gauge: held, by whom, how many wait, and how often it changes hands, from one read a sample."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gil_tui.watch.frames import GilFrame
from gil_tui.watch.holders import Holders
from gil_tui.watch.layouts import HOLDER, LOCKED, GilState
from gil_tui.watch.memory import Memory
from gil_tui.watch.target import GilAddress, Target

_PROBATION = 3
"""So many plausible samples in a row before a GIL is trusted, at first and after an implausible one."""


class GilGauge:
    """The gauge of one process: `sample()` about a hundred times a second, `frame()` a few times.

    It trusts a GIL only after samples that cannot be anything else, says why when there is none to
    read, and names holders by thread id. `failed` counts samples that could not be read or believed.
    """

    def __init__(
        self, target: Target, *, clock: Callable[[], float] = time.monotonic, proc: Path = Path("/proc")
    ) -> None:
        self.target = target
        self.failed = 0
        self.lost = False
        """No sample of the last frame could be read: the process has ended or runs another program."""
        self._clock = clock
        self._holders = Holders(target, proc)
        self._tallies = [_Tally(gil) for gil in target.gils]

    def retarget(self, target: Target) -> None:
        """Go on with the same process after its subinterpreters came or went."""
        self.target = target
        known = {tally.gil: tally for tally in self._tallies}
        self._tallies = [known.get(gil) or _Tally(gil) for gil in target.gils]

    def sample(self) -> None:
        """Read every GIL once; a failed read is counted, never raised."""
        memory = self.target.memory
        if memory is not None:
            now = self._clock()
            for tally in self._tallies:
                tally.sample(memory, now, self._holders)

    def frame(self) -> tuple[GilFrame, ...]:
        """What was seen since the frame before: one for each GIL, one without numbers if there is none."""
        pid = self.target.pid
        if not self._tallies:
            return (GilFrame(pid, 0, available=False, why=self.target.why),)
        frames = tuple(tally.frame(pid, self._holders) for tally in self._tallies)
        self.failed += sum(tally.failed for tally in self._tallies)
        self.lost = all(tally.unread for tally in self._tallies)
        return frames


class _Sample(NamedTuple):
    at_s: float
    state: GilState
    waiting: int | None


class _Tally:
    """The samples of one GIL: taken raw, as code runs slowly right after a wake-up, judged by the frame."""

    def __init__(self, gil: GilAddress) -> None:
        self.gil = gil
        self.failed = 0
        self.unread = False
        self._size, self._unpack = gil.layout.size, gil.layout.fields.unpack
        self._raw: list[tuple[float, tuple[int, ...] | None]] = []
        self._tids: dict[int, int | None] = {}
        self._last: _Sample | None = None
        self._trust = 0
        self._new_glibc: bool | None = None

    def sample(self, memory: Memory, now: float, holders: Holders) -> None:
        """One read; the holder's thread is looked up at once, when it is new, as it may end soon."""
        try:
            fields = self._unpack(memory.read(self.gil.address, self._size))
        except OSError:
            self._raw.append((now, None))
            return
        self._raw.append((now, fields))
        if fields[LOCKED] == 1 and fields[HOLDER] not in self._tids:
            self._tids[fields[HOLDER]] = holders.inner_tid(fields[HOLDER])

    def frame(self, pid: int, holders: Holders) -> GilFrame:
        """The numbers of the samples since the last frame."""
        first = self._last
        self.failed = 0
        seen = [sample for now, fields in self._raw if (sample := self._believed(now, fields))]
        self.unread = bool(self._raw) and all(fields is None for _, fields in self._raw)
        self._tids = {state: holders.known(tid) for state, tid in self._tids.items()}
        frame = self._numbers(pid, first or seen[0], seen) if seen else self._nothing(pid)
        self._raw.clear()
        self._tids.clear()
        return frame

    def _believed(self, now: float, fields: tuple[int, ...] | None) -> _Sample | None:
        """The sample if it is plausible and the ones before it were too."""
        state = self.gil.layout.state(fields) if fields else None
        if state is None or not state.plausible or not self._follows(state):
            self.failed += 1
            self._trust, self._last, self._new_glibc = 0, None, None
            return None
        self._last = _Sample(now, state, self._waiting(state))
        self._trust += 1
        return self._last if self._trust > _PROBATION else None

    def _follows(self, state: GilState) -> bool:
        """The switch counter never falls, and the condition variable keeps the shape it once showed."""
        if self._last and state.switches < self._last.state.switches:
            return False
        old, new = state.waiting_old is not None, state.waiting_new is not None
        if self._new_glibc is None and old != new:
            self._new_glibc = new
        return new if self._new_glibc else old or new

    def _nothing(self, pid: int) -> GilFrame:
        why = "the GIL is not readable at present" if self.failed else "no samples yet"
        return GilFrame(pid, self.gil.interpreter, available=False, why=why)

    def _numbers(self, pid: int, first: _Sample, seen: list[_Sample]) -> GilFrame:
        last = seen[-1].state
        elapsed_s = seen[-1].at_s - first.at_s
        switches = last.switches - first.state.switches
        held = [sample.state.holder for sample in seen if sample.state.locked == 1]
        waiting = [sample.waiting for sample in seen if sample.waiting is not None]
        counts = Counter(waiting)
        return GilFrame(
            pid=pid,
            interpreter=self.gil.interpreter,
            available=True,
            why="this free-threaded interpreter runs without a GIL" if last.enabled is False else "",
            enabled=last.enabled is not False,
            held=len(held) / len(seen),
            waiting=sum(waiting) / len(waiting) if waiting else None,
            waiting_counts=tuple(counts[number] for number in range(max(waiting, default=-1) + 1)),
            switches_per_s=switches / elapsed_s if elapsed_s > 0 and switches >= 0 else None,
            samples=len(seen),
            holders=self._holder_shares(held),
        )

    def _waiting(self, state: GilState) -> int | None:
        if self._new_glibc is None:
            return None
        return state.waiting_new if self._new_glibc else state.waiting_old

    def _holder_shares(self, held: list[int]) -> dict[int, float]:
        shares: dict[int, float] = {}
        for thread_state, times in Counter(held).items():
            tid = self._tids.get(thread_state)
            if tid is not None:
                shares[tid] = shares.get(tid, 0.0) + times / len(held)
        return shares
