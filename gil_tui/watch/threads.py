"""The lanes: what each thread of one process spends its time on, seen through /proc.

CPU and run queue are what the kernel counted, the rest of a thread's time is split like the samples of
what it was blocked on: proc_pid_syscall(5). Nothing here stops, signals or writes to the process.
"""

import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from gil_tui.watch.frames import STATES, ThreadFrame
from gil_tui.watch.lane import Lane
from gil_tui.watch.target import Target
from gil_tui.watch.task_folder import TaskFolder, raise_descriptor_limit
from gil_tui.watch.waits import LOCK, Waits

SETTLE_EVERY_S = 0.1
LIST_EVERY_S = 1.0

_NAMES_CHANGE_FOR_S = 2.5
_DESCRIPTORS_SPARED = 64
_VISITED_AT_ONCE = 32
_ENDED = (errno.ENOENT, errno.ESRCH)
_REFUSED = (errno.EACCES, errno.EPERM)


class ThreadLanes:
    """The threads of one process: `sample()` at the lane rate, `frame()` a few times a second.

    Two descriptors a thread stay open. Where the limit does not allow that, the threads left over are
    visited in turns, their files opened each time. `gone` says that the process has ended, `why` what
    is missing (else empty), `failed_samples` how many reads failed though the thread was there.
    """

    def __init__(
        self,
        target: Target,
        *,
        clock: Callable[[], float] = time.monotonic,
        proc: Path = Path("/proc"),
        machine: str = "",
    ) -> None:
        self.gone = False
        self.why = ""
        self.failed_samples = 0
        self._pid, self._clock = target.pid, clock
        self._lanes: dict[int, Lane] = {}
        self._ended: list[Lane] = []
        self._busy: list[Lane] = []
        self._calm: list[Lane] = []
        self._turn = self._tick = self._settled_tick = 0
        self._links = -1
        self._stale = True
        self._start_s = self._settled_s = clock()
        self._listed_s: float | None = None
        self._last_descriptor = raise_descriptor_limit() - _DESCRIPTORS_SPARED
        self._folder = TaskFolder(target.pid, proc)
        self._waits = Waits(target, self._folder, machine)
        self.scan()

    @property
    def timed_words(self) -> frozenset[int]:
        """Futex words, outside of known GILs, on which threads waited the way a GIL's waiters do."""
        return frozenset(self._waits.timed_words)

    def follow(self, target: Target) -> None:
        """Judge by a refreshed view of the same process."""
        self._waits.follow(target)

    def scan(self) -> None:
        """Notice threads that came or went; one `fstat` when nothing changed."""
        if self.gone:
            return
        now = self._clock()
        due = self._listed_s is None or now - self._listed_s >= LIST_EVERY_S
        try:
            links = self._folder.links()
            if links == self._links and not due and not self._stale:
                return
            tids = self._folder.tids()
        except OSError as error:
            self._end(error)
            return
        for tid in self._lanes.keys() - tids:
            self._drop(tid, now)
        for tid in sorted(tids - self._lanes.keys()):
            self._add(tid, now)
        if not tids:
            self._end(ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH)))
            return
        self.why = "" if self._lanes else "this kernel does not count the time of threads (schedstat)"
        if due:
            self._waits.forget_descriptors()
            self._name_the_young(now)
            self._listed_s = now
        self._links, self._stale = links, False
        self._deal()

    def sample(self) -> None:
        """One sample of every thread that is not known to be idle."""
        now = self._clock()
        if now - self._settled_s >= SETTLE_EVERY_S:
            self._settle(now, _VISITED_AT_ONCE)
        self._tick += 1
        self._look(self._busy)
        self._look(self._moved(self._calm))

    def frame(self) -> tuple[ThreadFrame, ...]:
        """Every thread since the frame before, the main thread first; one that ended, a last time."""
        now = self._clock()
        self._settle(now, len(self._lanes))
        lanes = [*self._lanes.values(), *self._ended]
        lanes.sort(key=lambda lane: (lane.tid != self._pid, lane.tid))
        frames = tuple(self._thread_frame(lane, now) for lane in lanes)
        for lane in lanes:
            if lane.gone_s is not None:
                self._lanes.pop(lane.tid, None)
                _close(lane)
        self._ended.clear()
        self._start_s = now
        return frames

    def close(self) -> None:
        """Give all descriptors back."""
        for lane in self._lanes.values():
            _close(lane)
        self._lanes.clear()
        self._deal()
        self._folder.close()
        self.gone = True

    def _look(self, lanes: Iterable[Lane]) -> None:
        """Read what each thread is blocked on: the loop in which nearly all the cost is."""
        pread, known, learn = os.pread, self._waits.known, self._waits.learn
        for lane in lanes:
            try:
                line = pread(lane.syscall, 256, 0)
            except OSError as error:
                self._failed(lane, error)
                continue
            wait = known.get(line) or learn(line, lane.tid)
            lane.state = state = wait.state
            lane.counts[state] += 1
            if state == LOCK:
                if line != lane.line or lane.lock is None:
                    lane.lock = self._waits.lock_of(wait)
                lane.count_lock()
            lane.line = line

    def _moved(self, lanes: Iterable[Lane]) -> list[Lane]:
        """Those that have run since the sample before; the others are still in the wait they were in."""
        pread = os.pread
        moved = []
        for lane in lanes:
            try:
                counters = pread(lane.schedstat, 64, 0)
            except OSError as error:
                self._failed(lane, error)
                continue
            if counters != lane.counters:
                lane.counters = counters
                moved.append(lane)
                continue
            lane.counts[lane.state] += 1
            if lane.state == LOCK:
                lane.count_lock()
        return moved

    def _settle(self, now: float, visits: int) -> None:
        """Take in the counters; of the threads whose files are not kept open, visit the next `visits`."""
        ticks = self._tick - self._settled_tick
        apart = []
        for lane in self._lanes.values():
            if lane.kept:
                self._settle_lane(lane, now, ticks)
            else:
                apart.append(lane)
        if apart:
            first = self._turn % len(apart)
            self._turn = first + min(visits, len(apart))
            for lane in (apart[first:] + apart[:first])[:visits]:
                self._visit(lane, now, ticks)
        self._settled_s, self._settled_tick = now, self._tick
        self._deal()

    def _settle_lane(self, lane: Lane, now: float, ticks: int) -> None:
        try:
            counters = os.pread(lane.schedstat, 64, 0)
        except OSError as error:
            self._failed(lane, error)
            return
        lane.settle(counters, now, self._tick, ticks)

    def _visit(self, lane: Lane, now: float, ticks: int) -> None:
        try:
            _open(lane, self._folder)
        except OSError as error:
            self._failed(lane, error)
            return
        self._settle_lane(lane, now, ticks)
        if lane.syscall >= 0 and lane.resting_tick is None:
            self._look([lane])
        _close(lane)

    def _deal(self) -> None:
        """Sort the threads: looked at each time, counters first, or (resting, not kept) not at all."""
        self._busy, self._calm = [], []
        for lane in self._lanes.values():
            if lane.kept and lane.syscall >= 0 and lane.resting_tick is None and lane.gone_s is None:
                (self._calm if lane.calm else self._busy).append(lane)

    def _thread_frame(self, lane: Lane, now: float) -> ThreadFrame:
        again = lane.show_again(self._tick)
        if again is not None:
            return again
        lane.credit_rest(self._tick)
        shares, lock, schedules_per_s = lane.close_frame(self._start_s, now)
        now_in = STATES[lane.state]
        if lane.resting_tick is not None or lane.gone_s is not None:
            now_in = "idle"
        elif lane.refused:
            now_in = max(STATES, key=shares.__getitem__)
        elif now_in == "cpu" and shares["run_queue"] > shares["cpu"]:
            now_in = "run_queue"
        frame = ThreadFrame(
            pid=self._pid,
            tid=lane.tid,
            name=lane.name,
            shares=shares,
            now=now_in,
            lock=lock,
            counted_only=lane.refused,
            schedules_per_s=round(schedules_per_s, 1),
        )
        lane.frame = frame if shares["idle"] == 1 else None
        return frame

    def _add(self, tid: int, now: float) -> None:
        lane = Lane(tid, born_s=now, since_s=now)
        try:
            _open(lane, self._folder)
            lane.settle(os.pread(lane.schedstat, 64, 0), now, self._tick, 0)
            lane.name = printable_name(self._folder.read(tid, "comm"))
        except OSError as error:
            _close(lane)
            self._failed(lane, error)
            return
        if tid == self._pid and not lane.seen.schedules:  # a kernel without counters writes zeros
            _close(lane)
            return
        if self._listed_s is None:
            lane.framed, lane.born_s = lane.seen, self._start_s
        else:  # born since the last look: all that it has used belongs to this frame
            used_s = (lane.seen.cpu_ns + lane.seen.run_queue_ns) / 1e9
            lane.born_s = max(self._start_s, now - used_s)
        if max(lane.schedstat, lane.syscall) > self._last_descriptor:
            lane.kept = False
            _close(lane)
        self._lanes[tid] = lane

    def _name_the_young(self, now: float) -> None:
        """A thread takes its name a little after it was born."""
        for lane in self._lanes.values():
            if now - lane.born_s < _NAMES_CHANGE_FOR_S:
                lane.frame = None
                try:
                    lane.name = printable_name(self._folder.read(lane.tid, "comm"))
                except OSError as error:
                    self._failed(lane, error)

    def _failed(self, lane: Lane, error: OSError) -> None:
        if error.errno in _ENDED:
            lane.gone_s = self._clock()
            self._stale = True
            return
        self.failed_samples += 1
        if error.errno in _REFUSED:
            lane.refused = True
            _close_syscall(lane)

    def _drop(self, tid: int, now: float) -> None:
        lane = self._lanes.pop(tid)
        _close(lane)
        lane.gone_s = now if lane.gone_s is None else lane.gone_s
        self._ended.append(lane)

    def _end(self, error: OSError) -> None:
        """The process has ended, or may not be looked at in any way."""
        now = self._clock()
        for tid in [*self._lanes]:
            self._drop(tid, now)
        self.gone = error.errno in _ENDED
        if not self.gone:
            self.why = f"its threads cannot be seen: {error.strerror}"
        self._deal()


def _open(lane: Lane, folder: TaskFolder) -> None:
    """Open a thread's files; where `syscall` may not be read, say so and go on with the counters."""
    lane.schedstat = folder.open(lane.tid, "schedstat")
    try:
        lane.syscall = folder.open(lane.tid, "syscall")
        os.pread(lane.syscall, 256, 0)  # opening may be allowed where reading is not
    except OSError as error:
        if error.errno not in _REFUSED and error.errno != errno.ENOENT:
            _close(lane)
            raise
        lane.refused = True
        _close_syscall(lane)


def _close(lane: Lane) -> None:
    _close_syscall(lane)
    if lane.schedstat >= 0:
        os.close(lane.schedstat)
        lane.schedstat = -1


def _close_syscall(lane: Lane) -> None:
    if lane.syscall >= 0:
        os.close(lane.syscall)
        lane.syscall = -1


def printable_name(name: bytes) -> str:
    """A thread's name as text that a terminal may be given: control characters are left out."""
    return "".join(letter for letter in name.decode("utf-8", "replace") if letter.isprintable())
