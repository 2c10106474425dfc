"""The process that is watched: its frames, the window that is looked at, the verdict; knows no widgets."""

import asyncio
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Protocol

from gil_tui.lab.documents import watch_document
from gil_tui.lab.judged_watch import VERDICT_EVERY_S, JudgedWatch
from gil_tui.language.spoken import say, sentence
from gil_tui.text import clean
from gil_tui.tui.mask import Mask
from gil_tui.tui.ordering import CalmOrder
from gil_tui.tui.recent import KEPT_S, RecentFrames
from gil_tui.tui.watch_engine import WatchEngine, Watcher
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.client import WatcherError
from gil_tui.watch.frames import Frame, GilFrame
from gil_tui.watch.merging import merged
from gil_tui.watch.stacks import StacksError

WINDOWS_S = (5.0, 15.0, 60.0, 300.0)
FIRST_VERDICT_S = 1.5
NOW_S = 1.0
"""What the gauge shows as now is the mean of so much time."""
JUDGING_SHARE = 0.02
"""A verdict on very many threads takes a while; at most this share of time goes into it."""
STEPS = 3
"""So many steps back are one window."""

GilKey = tuple[int, int]


class Listener(Protocol):
    """Who shows one line that a person should read."""

    def say(self, message: str, *, is_error: bool = False) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The process that is watched; `python` and `command` as they were when it was chosen."""

    pid: int
    command: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One window, judged: `gils` over the whole window, the leading one first."""

    end_s: float
    observation: Observation
    verdict: Verdict
    gils: tuple[GilFrame, ...]


class WatchSession:
    """One subject at a time; `end_s` of None says that the view follows the newest frame.

    `why_not` is the one line on what keeps it from being watched, or from being watched further.
    """

    def __init__(self, engine: WatchEngine, listener: Listener, mask: Mask | None = None) -> None:
        self.engine = engine
        self._mask = mask or Mask()
        self._subject: Subject | None = None
        self.frames = RecentFrames()
        self._picture: Picture | None = None
        self._shown: tuple[object, Picture | None] = (None, None)
        self.window_s = WINDOWS_S[1]
        self.end_s: float | None = None
        self.why_not = ""
        self.ended = False
        self.naming = False
        self.numbers: dict[int, dict[int, int]] = {}
        self.thread_names: dict[int, str] = {}
        self.python = ""
        self._listener = listener
        self._watcher: Watcher | None = None
        self._judged = JudgedWatch(0)
        self._order: CalmOrder[GilKey] = CalmOrder(0.2)
        self._watched_from_s = 0.0
        self._paused = False
        self._next_verdict_s = 0.0
        self._other_code, self._other_window = "", False
        self._looking: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None

    # What is watched

    @property
    def subject(self) -> Subject | None:
        """The process that is watched, as it may be shown."""
        subject = self._subject
        return replace(subject, command=self._mask.command(subject.command)) if subject else None

    @property
    def picture(self) -> Picture | None:
        """The window that is looked at, as it may be shown."""
        picture = self._picture
        if picture is None or not self._mask.on:
            return picture
        if self._shown[0] is not picture:
            seen, verdict = self._mask.observation(picture.observation), self._mask.verdict(picture.verdict)
            self._shown = (picture, replace(picture, observation=seen, verdict=verdict))
        return self._shown[1]

    @property
    def measuring(self) -> bool:
        """True while frames are to be expected."""
        return bool(self._subject) and not (self.ended or self._paused or self.why_not)

    @property
    def paused(self) -> bool:
        """True where the process was left, and may be gone on with."""
        return self._paused

    @property
    def live(self) -> bool:
        """True while the view follows what is measured."""
        return self.end_s is None

    async def watch(self, pid: int) -> bool:
        """Look at this process from now on; False, and a line that says why, where there is none."""
        gone = self.engine.gone(pid)
        if gone:
            self._listener.say(sentence(clean(gone)), is_error=True)
            return False
        await self._forget()
        self._subject = Subject(pid, clean(self.engine.command_of(pid)))
        self._judged = JudgedWatch(
            pid, name_threads=True, hot_of=self.engine.hot_of, dump_of=self.engine.dump_of
        )
        await self._begin()
        return True

    async def again(self) -> None:
        """Go on where the watcher ended or the process was left."""
        if self._subject and not self.ended and not self.measuring:
            await self._begin()

    def pause(self) -> None:
        """Stop looking, and keep what was seen."""
        if self._watcher and self.measuring:
            self._watcher.unwatch()
            self._paused = True

    async def leave(self) -> None:
        """Back to where no process is watched."""
        await self._forget()

    async def close(self) -> None:
        """End the watcher and every look at stacks."""
        await self._forget()
        if self._starting:
            await asyncio.wait([self._starting])
        if self._watcher:
            await self._watcher.close()

    async def _begin(self) -> None:
        self.why_not, self._paused = "", False
        if self._watcher is None or self._watcher.failure:
            if self._starting is None:
                self._starting = asyncio.create_task(self._open())
            await asyncio.shield(self._starting)
        if self._watcher and self._subject:
            self._watched_from_s = self.engine.clock()
            self._watcher.watch(self._subject.pid)

    async def _open(self) -> None:
        try:
            self._watcher = await self.engine.open_watcher(self._hear, self._watcher_ended)
        except WatcherError as error:
            self._watcher_ended(str(error))
        finally:
            self._starting = None

    async def _forget(self) -> None:
        if self._watcher and self._subject:
            self._watcher.unwatch()
        if self._looking:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        self._subject, self._picture, self.end_s, self.frames = None, None, None, RecentFrames()
        self.why_not, self.python, self.ended, self._paused = "", "", False, False
        self.numbers, self.thread_names, self._order = {}, {}, CalmOrder(0.2)
        self._next_verdict_s, self._other_code = 0.0, ""

    def _watcher_ended(self, why: str) -> None:
        self.why_not = clean(why)

    def _hear(self, frame: Frame) -> None:
        """Take in a frame; one of the process before may still have been on its way."""
        if not self._subject or self._paused or self.ended or frame.start_s < self._watched_from_s:
            return
        if frame.ended:
            self.ended = True
            self._judge_at_once()
            if not frame.threads and not self.frames.last:
                self.why_not = clean(frame.why)
        if frame.threads or frame.gils or not frame.ended:
            self.frames.add(frame)
        for pid, tid in sorted((thread.pid, thread.tid) for thread in frame.threads):
            of_process = self.numbers.setdefault(pid, {})
            of_process.setdefault(tid, len(of_process))

    def document(self) -> dict[str, Any] | None:
        """The window that is looked at, to be kept (gil-tui/watch/1), nothing hidden; None without one."""
        picture, subject = self._picture, self._subject
        if picture is None or subject is None:
            return None
        return watch_document(picture.observation, subject.pid, subject.command, picture.verdict)

    # What is looked at

    @property
    def view_end_s(self) -> float:
        """The end of the window that is looked at."""
        last = self.frames.last
        newest_s = last.end_s if last else self.engine.clock()
        return newest_s if self.end_s is None else min(self.end_s, newest_s)

    def freeze(self) -> None:
        """Hold the view while measuring goes on; again, follow."""
        self.end_s = self.view_end_s if self.end_s is None else None
        self._look_elsewhere()

    def move(self, steps: int) -> None:
        """Move the window by thirds of it, back (below 0) or forth; beyond the newest frame it follows."""
        first, last = self.frames.first_s, self.frames.last
        if first is None or last is None:
            return
        end_s = self.view_end_s + steps * self.window_s / STEPS
        earliest_s = max(first, last.end_s - KEPT_S) + min(self.window_s / STEPS, last.end_s - first)
        self.end_s = (
            None if end_s >= last.end_s and steps > 0 else max(end_s, min(earliest_s, self.view_end_s))
        )
        self._look_elsewhere()

    def follow(self) -> None:
        """Back to what is measured now."""
        self.end_s = None
        self._look_elsewhere()

    def zoom(self, step: int) -> None:
        """The next longer (above 0) or shorter window."""
        index = WINDOWS_S.index(self.window_s) + step
        self.window_s = WINDOWS_S[max(0, min(len(WINDOWS_S) - 1, index))]
        self._look_elsewhere()

    # The verdict

    def tick(self) -> None:
        """Judge the window when it is time."""
        now_s, last = self.engine.clock(), self.frames.last
        if last is None or now_s < self._next_verdict_s:
            return
        end_s = self.view_end_s
        if self._picture and self._picture.end_s == end_s and self._next_verdict_s > 0:
            return
        frames = self.frames.between(end_s - self.window_s, end_s)
        seen_s = sum(frame.end_s - frame.start_s for frame in frames)
        if not frames or (seen_s < FIRST_VERDICT_S and self.measuring and self.live):
            return
        observation, verdict = self._judged.judge(frames)
        self._show(Picture(end_s, observation, verdict, self._gils(frames)))
        self.python = observation.python or self.python
        self.thread_names = self._judged.thread_names
        took_s = self.engine.clock() - now_s
        self._next_verdict_s = now_s + max(VERDICT_EVERY_S, took_s / JUDGING_SHARE)
        if self.live and self.measuring and not self._looking and self._judged.wants_look(verdict):
            self._looking = asyncio.create_task(self._look(observation, verdict))

    def name_functions(self) -> None:
        """Name the functions that hold the GIL, because somebody asked."""
        if self._looking or not self._picture or not self.measuring:
            return
        self.naming = True
        self._looking = asyncio.create_task(self._name(self._picture.observation))

    async def _look(self, observation: Observation, verdict: Verdict) -> None:
        try:
            await self._judged.look(observation, verdict)
            if self._judged.complaint:
                self._listener.say(sentence(clean(self._judged.complaint)))
        finally:
            self._looking = None
            self._judge_at_once()

    async def _name(self, observation: Observation) -> None:
        try:
            await self._judged.name_functions(observation)
            if not self._judged.hot:
                self._listener.say(say("py-spy saw no function run"))
        except StacksError as error:
            why = sentence(clean(str(error)))
            self._listener.say(say("functions are not named: {why}", why=why), is_error=True)
        finally:
            self._looking, self.naming = None, False
            self._judge_at_once()

    def _judge_at_once(self) -> None:
        self._next_verdict_s = 0.0

    def _look_elsewhere(self) -> None:
        """Another window: its verdict need not agree with the one before."""
        self._other_window = True
        self._judge_at_once()

    def _show(self, picture: Picture) -> None:
        """A live verdict changes its code when the next one agrees, so that it does not jump."""
        before = self._picture.verdict if self._picture else None
        code = picture.verdict.code
        steady = not before or code in (before.code, self._other_code) or before.code == "unsure"
        steady, self._other_window = steady or self._other_window, False
        if steady or not (self.live and self.measuring):
            self._picture, self._other_code = picture, ""
        else:
            assert before
            self._picture, self._other_code = replace(picture, verdict=before), code

    def _gils(self, frames: object) -> tuple[GilFrame, ...]:
        assert isinstance(frames, list)
        whole: Frame = reduce(merged, (replace(frame, threads=(), processes=()) for frame in frames))
        gils = {(gil.pid, gil.interpreter): gil for gil in whole.gils}
        values = {key: _pressure(gil) for key, gil in gils.items()}
        return tuple(gils[key] for key in self._order.ordered(values))

    def now(self) -> Frame | None:
        """The mean of the last second of the window, without threads."""
        end_s = self.view_end_s
        frames = self.frames.between(end_s - NOW_S, end_s) or ([self.frames.last] if self.frames.last else [])
        if not frames:
            return None
        return reduce(merged, (replace(frame, threads=()) for frame in frames))


def _pressure(gil: GilFrame) -> float:
    return (gil.waiting or 0.0) + (gil.held or 0.0) if gil.available else -1.0
