"""The watch on a trial: which of the watcher's frames belong to its work."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from gil_tui.lab.plan import Plan
from gil_tui.watch.client import WatcherError, WatcherProcess
from gil_tui.watch.frames import Frame

WITHIN = 0.9
LAST_FRAME_S = 0.3
"""After the work the frame that closes it is waited for at most this long."""


class WatcherLike(Protocol):
    """What the Lab needs of the watcher process (`watch.client.WatcherProcess`).

    `failure` is empty while it lives, else one line saying how it ended.
    """

    on_frame: Callable[[Frame], None] | None
    failure: str

    def watch(self, pid: int) -> None:
        """Look at this process and its descendants from now on."""

    def unwatch(self) -> None:
        """Look at nothing."""

    def cut(self) -> None:
        """End the frame under way and begin the next."""


@asynccontextmanager
async def started_watcher(plan: Plan, warn: Callable[[str], None]) -> AsyncIterator[WatcherProcess | None]:
    """A watcher for `conduct`, None where the plan wants none or it cannot be started, which `warn` hears.

    Enter it from a thread of normal priority: the watcher inherits that, and late samples are wrong ones.
    """
    if not plan.watch:
        yield None
        return
    watcher = WatcherProcess(on_end=warn)
    try:
        await watcher.start()
    except WatcherError as error:
        warn(f"the GIL and the threads are not watched: {error}")
        yield None
        return
    try:
        yield watcher
    finally:
        await watcher.close()


class TrialWatch:
    """Has one trial after another watched, and sorts the frames of the work from the rest."""

    def __init__(self, watcher: WatcherLike, on_frame: Callable[[Frame], None]) -> None:
        self._watcher = watcher
        self._on_frame = on_frame
        self._frames: list[Frame] = []
        self._arrived = asyncio.Event()
        watcher.on_frame = self._take

    @property
    def failure(self) -> str:
        """How the watcher ended, empty while it lives."""
        return self._watcher.failure

    def begin(self, pid: int) -> None:
        """The experiment's process is there."""
        self._frames.clear()
        self._watcher.watch(pid)

    def cut(self) -> None:
        """The work begins or ends."""
        self._watcher.cut()

    async def end(self, work_start_s: float, work_end_s: float) -> list[Frame]:
        """Stop looking; the frames of the work (CLOCK_MONOTONIC s), in order."""
        with suppress(TimeoutError):  # the watcher is late or gone: what has come is what there is
            async with asyncio.timeout(LAST_FRAME_S):
                while not self.failure and not any(frame.end_s >= work_end_s for frame in self._frames):
                    self._arrived.clear()
                    await self._arrived.wait()
        self.give_up()
        return frames_of_work(self._frames, work_start_s, work_end_s)

    def give_up(self) -> None:
        """Stop looking; the trial has failed."""
        self._watcher.unwatch()

    def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._arrived.set()
        self._on_frame(frame)


def frames_of_work(frames: Sequence[Frame], work_start_s: float, work_end_s: float) -> list[Frame]:
    """Those that lie within the work but for a tenth: a cut reaches the watcher a little after it was made.

    Work too short for such a frame gets those whose middle lies within.
    """
    inside = [frame for frame in frames if _share_within(frame, work_start_s, work_end_s) >= WITHIN]
    return inside or [
        frame for frame in frames if work_start_s <= (frame.start_s + frame.end_s) / 2 <= work_end_s
    ]


def _share_within(frame: Frame, start_s: float, end_s: float) -> float:
    length_s = frame.end_s - frame.start_s
    return (min(frame.end_s, end_s) - max(frame.start_s, start_s)) / length_s if length_s > 0 else 0.0
