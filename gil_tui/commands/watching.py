"""Watches one process or command from the command line: frames, verdicts while they come, the end."""

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field

from gil_tui.commands.live_verdict import LiveVerdict
from gil_tui.commands.started import StartedCommand
from gil_tui.lab.errors import LabError
from gil_tui.lab.event_loop import run_loop
from gil_tui.lab.judged_watch import FIRST_VERDICT_S, VERDICT_EVERY_S, JudgedWatch
from gil_tui.text import clean
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch import access
from gil_tui.watch.client import WatcherError, WatcherProcess
from gil_tui.watch.frames import Frame
from gil_tui.watch.merging import FrameLog
from gil_tui.watch.processes import command_of

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RECENT_FRAMES = 60
_LAST_FRAME_S = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to watch: a process `pid`, or a `command` to start; `seconds` of None is until it ends."""

    pid: int | None = None
    command: tuple[str, ...] = ()
    seconds: float | None = None
    rate_hz: float | None = None
    stacks: bool = True
    output_to_stderr: bool = False


@dataclass(slots=True)
class Seen:
    """What was watched, and how it ended: the command's `exit_code`, the `signal` that ended us or 0."""

    pid: int
    command: str
    observation: Observation = field(default_factory=Observation)
    verdict: Verdict | None = None
    exit_code: int = 0
    signal: int = 0
    complaints: list[str] = field(default_factory=list)


def watch_until_signalled(order: Order) -> Seen:
    """Watch to the end, for the seconds asked for, or until SIGINT, SIGTERM or SIGHUP.

    Raises LabError, with cause and remedy, for a process that is not there, closed to us, or was never seen.
    """
    if sys.platform != "linux":
        raise LabError("only Linux lets a process be watched from outside")
    if order.pid is not None:
        refused = access.refused(order.pid)
        if refused:
            raise LabError(refused)
    return run_loop(_Watch(order).run)


class _Watch:
    """One watch; everything it starts has ended when `run` returns."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._log = FrameLog()
        self._arrived = asyncio.Event()
        self._over = asyncio.Event()
        self._signal = 0
        self._signalled = asyncio.Event()
        self._started: StartedCommand | None = None
        self._complaints: list[str] = []
        self._live = LiveVerdict(plain=bool(order.command))

    async def run(self) -> Seen:
        """Watch, then judge."""
        watcher = WatcherProcess(self._take, self._failed)
        self._listen_for_signals()
        try:
            await watcher.start()
        except WatcherError as error:
            raise LabError(str(error)) from error
        try:
            pid = self._subject()
            command = clean(command_of(pid)) or " ".join(self._order.command)
            if self._order.rate_hz:
                watcher.set_rate(self._order.rate_hz)
            judged = JudgedWatch(pid, stacks=self._order.stacks)
            watcher.watch(pid)
            await self._until_over(judged)
            await self._last_frame(watcher)
            seen = await self._judged(judged, command)
        finally:
            await watcher.close()
            self._live.clear()
            await self._end_command()
        seen.exit_code = self._started.exit_code if self._started else 0
        seen.signal = self._signal
        return seen

    def _subject(self) -> int:
        if self._order.pid is not None:
            return self._order.pid
        self._started = StartedCommand(self._order.command, output_to_stderr=self._order.output_to_stderr)
        return self._started.pid

    def _take(self, frame: Frame) -> None:
        self._log.add(frame)
        self._arrived.set()
        if frame.ended:
            self._over.set()

    def _failed(self, why: str) -> None:
        self._complaints.append(why)
        self._over.set()

    async def _until_over(self, judged: JudgedWatch) -> None:
        looking = asyncio.create_task(self._look_again_and_again(judged))
        try:
            async with asyncio.timeout(self._order.seconds):
                await self._over.wait()
        except TimeoutError:
            pass
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look_again_and_again(self, judged: JudgedWatch) -> None:
        await asyncio.sleep(FIRST_VERDICT_S)
        while True:
            observation, verdict = judged.judge(self._log.frames[-_RECENT_FRAMES:])
            self._live.show(verdict)
            await judged.look(observation, verdict)
            await asyncio.sleep(VERDICT_EVERY_S)

    async def _last_frame(self, watcher: WatcherProcess) -> None:
        """What was seen since the last frame belongs to the watch, too."""
        if watcher.failure or (self._log.frames and self._log.frames[-1].ended):
            return
        self._arrived.clear()
        watcher.cut()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_FRAME_S):
                await self._arrived.wait()

    async def _judged(self, judged: JudgedWatch, command: str) -> Seen:
        """The verdict on all that was seen."""
        observation, verdict = judged.judge(self._log.frames)
        command = next((clean(one.command) for one in observation.members if one.pid == judged.pid), command)
        if verdict.needs_dump and not observation.ended:
            await judged.look(observation, verdict)
            observation, verdict = judged.judge(self._log.frames)
        if not observation.threads and self._started is None and not self._signal:
            raise LabError("; ".join([observation.why, *self._complaints]))
        complaints = [*self._complaints, *([judged.complaint] if judged.complaint else [])]
        return Seen(judged.pid, command, observation, verdict, complaints=complaints)

    def _listen_for_signals(self) -> None:
        """A command in our terminal gets its own SIGINT there: it decides, and we report."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, self._hear, number)

    def _hear(self, number: int) -> None:
        if number == signal.SIGINT and self._started is not None:
            return
        self._signal = number
        self._signalled.set()
        self._over.set()

    async def _end_command(self) -> None:
        """Wait for the command, or end it with the signal that ended us."""
        if self._started is None:
            return
        signalled = asyncio.ensure_future(self._signalled.wait())
        await asyncio.wait((self._started.ended, signalled), return_when=asyncio.FIRST_COMPLETED)
        signalled.cancel()
        if not self._started.ended.done():
            await self._started.end(self._signal)
        self._started.close()
