"""One subject watched from beginning to end: samples at their pace, frames at theirs."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from gil_tui.watch.frames import Frame, ObserverFrame
from gil_tui.watch.pace import Pace
from gil_tui.watch.sampler import TreeSampler

FRAME_S = 1 / 3
_THREADS_A_FRAME = 125
"""With more threads than this frames get longer: each costs about the same for every thread."""


class Session:
    """The watch on one process and its descendants, until it has `ended`.

    Call `work` when `next_s` (CLOCK_MONOTONIC) has come, or the descriptor `ending` became readable.
    """

    def __init__(
        self,
        pid: int,
        rate_hz: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
        proc: Path = Path("/proc"),
    ) -> None:
        self.ended = False
        self._clock, self._cpu_clock = clock, cpu_clock
        self.ending = _pidfd(pid)
        self._sampler = TreeSampler(pid, clock=clock, proc=proc)
        self._pace = Pace(rate_hz, clock(), random.random)
        self._failed = 0
        self._begin_frame(clock(), cpu_clock())

    @property
    def next_s(self) -> float:
        """When there is something to do again."""
        return min(self._pace.next_s, self._frame_end_s)

    def work(self, *, ending: bool = False) -> Frame | None:
        """Do what is due; a frame that has become full is given. `ending`: that descriptor is readable."""
        now = self._clock()
        if now >= self._pace.next_s:
            self._sample()
            self._pace.sampled(now)
        if now >= self._frame_end_s or ending:
            self._sampler.scan(at_once=ending)
            return self._frame()
        return None

    def cut(self) -> Frame:
        """End the frame under way; new processes are looked at at once."""
        frame = self._frame()
        if not frame.ended:
            self._sampler.scan(at_once=True)
        return frame

    def close(self) -> None:
        """Give all descriptors back."""
        self._sampler.close()
        if self.ending is not None:
            os.close(self.ending)
            self.ending = None

    def _begin_frame(self, now: float, cpu_s: float) -> None:
        self._start_s, self._start_cpu_s = now, cpu_s
        self._frame_end_s = self._start_s + FRAME_S * max(1.0, self._sampler.size / _THREADS_A_FRAME)
        self._samples = self._lane_samples = 0
        self._lanes_cpu_s = 0.0

    def _sample(self) -> None:
        self._sampler.sample_gils()
        self._samples += 1
        if self._pace.lanes_due:
            before_s = self._cpu_clock()
            self._sampler.sample_lanes()
            self._lanes_cpu_s += self._cpu_clock() - before_s
            self._lane_samples += 1

    def _frame(self) -> Frame:
        now, cpu_now_s = self._clock(), self._cpu_clock()
        cpu_s = cpu_now_s - self._start_cpu_s
        elapsed_s = max(now - self._start_s, 1e-9)
        self._pace.spent(elapsed_s, cpu_s, self._lanes_cpu_s, self._lane_samples)
        failed = self._sampler.failed_samples
        observer = ObserverFrame(
            cpu_share=cpu_s / elapsed_s,
            gil_rate_hz=self._samples / self._sampler.stride / elapsed_s,
            lane_rate_hz=self._lane_samples / elapsed_s,
            failed_samples=failed - self._failed,
        )
        self._failed = failed
        frame = self._sampler.frame(self._start_s, now, observer)
        self.ended = frame.ended
        self._begin_frame(now, cpu_now_s)
        return frame


def _pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None before Linux 5.3, or when it is gone."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
