"""The process that is watched: its frames, the window that is looked at, the verdict; knows no widgets."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

from gil_tui.lab.documents import watch_document
from gil_tui.lab.judged_watch import VERDICT_EVERY_S, JudgedWatch
from gil_tui.language.spoken import say, sentence
from gil_tui.text import clean
from gil_tui.tui.judging import Judgement, aside, judge_window, pressure
from gil_tui.tui.mask import Mask
from gil_tui.tui.ordering import CalmOrder
from gil_tui.tui.recent import KEPT_S, RecentFrames
from gil_tui.tui.speaker import Speaker
from gil_tui.tui.thread_numbers import ThreadNumbers
from gil_tui.tui.watch_engine import WatchEngine, Watcher
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.client import WatcherError
from gil_tui.watch.frames import Frame, GilFrame
from gil_tui.watch.merging import mean_gils, merged
from gil_tui.watch.stacks import StacksError

WINDOWS_S = (5.0, 15.0, 60.0, 300.0)
FIRST_VERDICT_S = 1.5
NOW_S = 1.0
"""What the gauge shows as now is the mean of so much time."""
JUDGING_SHARE = 0.02
"""A verdict on very many threads takes a while; at most this share of time goes into it."""
AT_ONCE = 2000
"""Windows of so many threads times frames are judged in about 10 ms, larger ones while keys are answered."""
FORGET_EVERY_S = 30.0
STEPS = 3
"""So many steps back are one window."""

GilKey = tuple[int, int]


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

    def __init__(self, engine: WatchEngine, listener: Speaker, mask: Mask | None = None) -> None:
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
        self.numbers = ThreadNumbers()
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
        self._judging: asyncio.Task[Judgement] | None = None
        self._forget_at_s = 0.0
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
        if self._judging:
            self._judging.cancel()
            self._judging = None
        if self._looking:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        self._subject, self._picture, self.end_s, self.frames = None, None, None, RecentFrames()
        self.why_not, self.python, self.ended, self._paused = "", "", False, False
        self.numbers, self.thread_names, self._order = ThreadNumbers(), {}, CalmOrder(0.2)
        self._next_verdict_s, self._other_code, self._other_window = 0.0, "", False

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
        self.numbers.see(frame.threads, frame.end_s)
        if frame.end_s >= self._forget_at_s:
            self._forget_at_s = frame.end_s + FORGET_EVERY_S
            self._judged.keep_names(self.numbers.forget(self.frames.first_s or 0.0))
            self.thread_names = self._judged.thread_names

    def document(self) -> dict[str, Any] | None:
        """The window that is looked at, to be kept (gil-tui/watch/1), nothing hidden; None without one."""
        picture, subject = self._picture, self._subject
        if picture is None or subject is None:
            return None
        return watch_document(picture.observation, subject.pid, subject.command, picture.verdict)

    # What is looked at

    @property
    def judged(self) -> bool:
        """False while the picture is still that of the window before, where there is one."""
        return self._picture is None or not self._other_window

    async def until_judged(self) -> None:
        """Wait for the picture of the window that is looked at."""
        while not self.judged and self._judging:
            await asyncio.wait([self._judging])
            self.tick()

    @property
    def view_end_s(self) -> float:
        """The end of the window that is looked at."""
        last = self.frames.last
        newest_s = last.end_s if last else self.engine.clock()
        return newest_s if self.end_s is None else min(self.end_s, newest_s)

    def freeze(self) -> None:
        """Hold the view while measuring goes on; again, follow."""
        self._look_at(self.view_end_s if self.end_s is None else None)

    def move(self, steps: int) -> None:
        """Move the window by thirds of it, back (below 0) or forth; beyond the newest frame it follows."""
        first, last = self.frames.first_s, self.frames.last
        if first is None or last is None:
            return
        end_s = self.view_end_s + steps * self.window_s / STEPS
        earliest_s = max(first, last.end_s - KEPT_S) + min(self.window_s / STEPS, last.end_s - first)
        beyond = end_s >= last.end_s and steps > 0
        self._look_at(None if beyond else max(end_s, min(earliest_s, self.view_end_s)))

    def follow(self) -> None:
        """Back to what is measured now."""
        self._look_at(None)

    def zoom(self, step: int) -> None:
        """The next longer (above 0) or shorter window."""
        index = WINDOWS_S.index(self.window_s) + step
        self._look_at(self.end_s, WINDOWS_S[max(0, min(len(WINDOWS_S) - 1, index))])

    # The verdict

    def tick(self) -> None:
        """Take in what was judged, and judge the window when it is time."""
        if self._judging:
            if not self._judging.done():
                return
            judging, self._judging = self._judging, None
            self._take(judging.result())
        now_s, last = self.engine.clock(), self.frames.last
        if last is None or now_s < self._next_verdict_s:
            return
        end_s = self.view_end_s
        if self.judged and self._picture and self._picture.end_s == end_s and self._next_verdict_s > 0:
            return
        frames = self.frames.between(end_s - self.window_s, end_s)
        seen_s = sum(frame.end_s - frame.start_s for frame in frames)
        if not frames and not self.live:
            self._picture, self._other_window = None, False
        if not frames or (seen_s < FIRST_VERDICT_S and self.measuring and self.live):
            return
        self._next_verdict_s = now_s + VERDICT_EVERY_S
        judge = partial(judge_window, self._judged.judging(frames), frames, self.window_s, end_s, self.live)
        if sum(len(frame.threads) for frame in frames) <= AT_ONCE:
            self._take(judge())
        else:
            self._judging = asyncio.create_task(aside(judge))

    def _take(self, judged: Judgement) -> None:
        """Show a verdict, unless another window is looked at by now."""
        if self._looks_at(judged):
            gils = {(gil.pid, gil.interpreter): gil for gil in judged.gils}
            order = self._order.ordered({key: pressure(gil) for key, gil in gils.items()})
            leading_first = tuple(gils[key] for key in order)
            self._show(Picture(judged.end_s, judged.observation, judged.verdict, leading_first))
            self.python = judged.observation.python or self.python
            self.thread_names = self._judged.thread_names
            if self._next_verdict_s > 0:
                self._next_verdict_s += max(0.0, judged.cost_s / JUDGING_SHARE - VERDICT_EVERY_S)
            looks = self.live and self.measuring and not self._looking
            if looks and self._judged.wants_look(judged.verdict):
                self._looking = asyncio.create_task(self._look(judged.observation, judged.verdict))

    def _looks_at(self, judged: Judgement) -> bool:
        same_end = judged.live if self.live else judged.end_s == self.view_end_s
        return same_end and judged.window_s == self.window_s

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

    def _look_at(self, end_s: float | None, window_s: float | None = None) -> None:
        """Another window: its verdict need not agree with the one before."""
        window_s = window_s or self.window_s
        if (end_s, window_s) != (self.end_s, self.window_s):
            self.end_s, self.window_s, self._other_window = end_s, window_s, True
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

    def now(self) -> Frame | None:
        """The mean of the last second of the window, without threads and processes."""
        end_s = self.view_end_s
        frames = self.frames.between(end_s - NOW_S, end_s) or ([self.frames.last] if self.frames.last else [])
        if not frames:
            return None
        host = reduce(merged, (replace(frame, gils=(), threads=(), processes=()) for frame in frames))
        return replace(host, gils=mean_gils(frames))
