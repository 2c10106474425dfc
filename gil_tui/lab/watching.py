"""The watch on a trial: which of the watcher's frames belong to its work."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from gil_tui.watch.frames import Frame

LAST_FRAME_S = 0.3
"""After the work the frame that closes it is waited for at most this long."""


class WatcherLike(Protocol):
    """What the Lab needs of the watcher process; frames come by `on_frame`."""

    on_frame: Callable[[Frame], None] | None

    def watch(self, pid: int) -> None:
        """Look at this process and its descendants from now on."""

    def unwatch(self) -> None:
        """Look at nothing."""

    def cut(self) -> None:
        """End the frame under way and begin the next."""


class TrialWatch:
    """Has one trial after another watched, and sorts the frames of the work from the rest."""

    def __init__(self, watcher: WatcherLike, on_frame: Callable[[Frame], None]) -> None:
        self._watcher = watcher
        self._on_frame = on_frame
        self._frames: list[Frame] = []
        self._arrived = asyncio.Event()
        watcher.on_frame = self._take

    def begin(self, pid: int) -> None:
        """The experiment's process is there."""
        self._frames.clear()
        self._watcher.watch(pid)

    def cut(self) -> None:
        """The work begins or ends."""
        self._watcher.cut()

    async def end(self, work_start_s: float, work_end_s: float) -> list[Frame]:
        """Stop looking; the frames of the work (CLOCK_MONOTONIC s), in order."""
        try:
            async with asyncio.timeout(LAST_FRAME_S):
                while not any(frame.end_s >= work_end_s for frame in self._frames):
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            pass  # the watcher is late or gone: what has come is what there is
        self.give_up()
        return frames_of_work(self._frames, work_start_s, work_end_s)

    def give_up(self) -> None:
        """Stop looking; the trial has failed."""
        self._watcher.unwatch()

    def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._arrived.set()
        self._on_frame(frame)


def frames_of_work(frames: list[Frame], work_start_s: float, work_end_s: float) -> list[Frame]:
    """Those whose middle lies within the work: a cut reaches the watcher a little after it was made."""
    return [frame for frame in frames if work_start_s <= (frame.start_s + frame.end_s) / 2 <= work_end_s]
