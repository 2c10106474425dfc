"""The frames of the last minutes, in bounded memory: old ones are merged to longer ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from gil_tui.watch.frames import Frame
from gil_tui.watch.merging import merged

KEPT_S = 300.0
FRESH_S = 60.0
"""Frames younger than this are kept as they came."""
MERGED_S = 1.0
THREADS_A_SECOND = 100
"""With more threads than this old frames are merged to longer ones."""


class RecentFrames:
    """Frames in order, none older than `KEPT_S` but for the part that hangs over."""

    def __init__(self) -> None:
        self._old: list[Frame] = []
        self._fresh: list[Frame] = []

    @property
    def last(self) -> Frame | None:
        """The newest frame."""
        return self._fresh[-1] if self._fresh else None

    @property
    def first_s(self) -> float | None:
        """Where the oldest frame begins."""
        frames = self._old or self._fresh
        return frames[0].start_s if frames else None

    def add(self, frame: Frame) -> None:
        """Take in the next frame."""
        self._fresh.append(frame)
        while self._fresh[0].end_s < frame.end_s - FRESH_S:
            self._settle(self._fresh.pop(0))
        while self._old and self._old[0].end_s < frame.end_s - KEPT_S:
            del self._old[0]

    def between(self, start_s: float, end_s: float) -> Sequence[Frame]:
        """Those whose greater part lies within."""
        frames = self._old + self._fresh if self._old and start_s < self._old[-1].end_s else self._fresh
        first = bisect_left(frames, start_s, key=_middle)
        return frames[first : bisect_right(frames, end_s, key=_middle)]

    def _settle(self, frame: Frame) -> None:
        last = self._old[-1] if self._old else None
        longest_s = MERGED_S * max(1.0, len(frame.threads) / THREADS_A_SECOND)
        if last and frame.start_s - last.end_s < 0.5 and frame.end_s - last.start_s <= longest_s + 1e-6:
            self._old[-1] = merged(last, frame)
        else:
            self._old.append(frame)


def _middle(frame: Frame) -> float:
    return (frame.start_s + frame.end_s) / 2
