"""One process that is being watched: its interpreter, its gauge, its lanes, whatever becomes of it."""

import time
from collections.abc import Callable
from pathlib import Path

from gil_tui.watch.frames import GilFrame, ProcessFrame, ThreadFrame
from gil_tui.watch.gil import GilGauge
from gil_tui.watch.processes import ProcessMeter
from gil_tui.watch.target import open_target, refresh
from gil_tui.watch.threads import ThreadLanes
from gil_tui.watch.tree import ProcessStat

_FIRST_RETRY_S, _LAST_RETRY_S = 0.1, 5.0
"""A process without a GIL is looked at again: it may still be starting, or become Python by exec."""


class Subject:
    """A process from its admission to its end. Nothing here raises for what the process does."""

    def __init__(
        self, pid: int, *, clock: Callable[[], float] = time.monotonic, proc: Path = Path("/proc")
    ) -> None:
        self.pid = pid
        self._clock, self._proc = clock, proc
        self.target = open_target(pid, proc)
        self._gauge = GilGauge(self.target, clock=clock, proc=proc)
        self._lanes = ThreadLanes(self.target, clock=clock, proc=proc)
        self._meter = ProcessMeter(pid, clock=clock, proc=proc)
        self._program = self._executable()
        self._retry_after_s = _FIRST_RETRY_S
        self._retry_at_s = clock() + _FIRST_RETRY_S
        self.sample_gil = self._gauge.sample
        self.sample_lanes = self._lanes.sample

    @property
    def gone(self) -> bool:
        """The process has ended."""
        return self._lanes.gone

    @property
    def is_python(self) -> bool:
        """A Python interpreter was recognised in it, with or without a GIL to look at."""
        return self.target.python is not None

    @property
    def why(self) -> str:
        """What is missing, in one line; else empty."""
        return self.target.why or self._lanes.why

    @property
    def failed_samples(self) -> int:
        """Samples of gauge and lanes that failed so far."""
        return self._gauge.failed + self._lanes.failed_samples

    def scan(self) -> None:
        """Threads and subinterpreters come and go; programs are replaced by exec."""
        self._lanes.scan()
        if self.gone:
            return
        if self.target.gils and not self._gauge.lost:
            target = refresh(self.target, self._lanes.timed_words)
            if target is not self.target:
                self.target = target
                self._gauge.retarget(target)
                self._lanes.follow(target)
            return
        program = self._executable()
        if program != self._program or self._gauge.lost:
            self._program, self._retry_after_s = program, _FIRST_RETRY_S
            self._meter.renew()
            self._reopen()
        elif self._clock() >= self._retry_at_s and self.target.implementation != "pypy":
            self._reopen()

    def gil_frames(self) -> tuple[GilFrame, ...]:
        """The gauge since the frame before; empty for what is not Python."""
        return self._gauge.frame() if self.is_python else ()

    def thread_frames(self) -> tuple[ThreadFrame, ...]:
        """The lanes since the frame before."""
        return self._lanes.frame()

    def process_frame(self, stat: ProcessStat) -> ProcessFrame:
        """CPU and memory since the frame before."""
        return self._meter.frame(stat, self.target.python, self.target.free_threaded)

    def close(self) -> None:
        """Give all descriptors back."""
        self._lanes.close()
        if self.target.memory:
            self.target.memory.close()

    def _reopen(self) -> None:
        target = open_target(self.pid, self._proc)
        if self.target.memory:
            self.target.memory.close()
        self.target = target
        self._gauge = GilGauge(target, clock=self._clock, proc=self._proc)
        self.sample_gil = self._gauge.sample
        self._lanes.follow(target)
        self._retry_after_s = min(2 * self._retry_after_s, _LAST_RETRY_S)
        self._retry_at_s = self._clock() + self._retry_after_s

    def _executable(self) -> str:
        try:
            return str((self._proc / str(self.pid) / "exe").readlink())
        except OSError:
            return ""
