"""Watches a process, or a run of a function that lasts long enough to be looked at, for an audit."""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gil_tui.bench.spec import Job
from gil_tui.lab.child import ChildReport, Event
from gil_tui.lab.documents import watch_document
from gil_tui.lab.errors import LabError
from gil_tui.lab.judged_watch import JudgedWatch
from gil_tui.lab.observe import summarize
from gil_tui.lab.plan import MOST_TASKS, Plan
from gil_tui.lab.trial import ChildRunner
from gil_tui.lab.watching import LAST_FRAME_S, WatcherLike, frames_of_work
from gil_tui.verdict.audit_model import Audit
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.watch import access
from gil_tui.watch.frames import Frame, ThreadFrame
from gil_tui.watch.processes import command_of
from gil_tui.watch.stacks import HotFunction, StacksError, hot_functions

PROCESS_S = 10.0
FUNCTION_S = 30.0
"""So much work a worker is given at least; it is ended once it has been looked at."""
NAMING_S = 3.0
BEFORE_NAMING_S = 0.5
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Watched:
    """The document of a watch (gil-tui/watch/1), and why its functions are not named, else empty."""

    document: Mapping[str, Any]
    complaint: str = ""


async def watch_process(audit: Audit, watcher: WatcherLike, seconds: float = PROCESS_S) -> Watched:
    """Watch the audit's process and its tree, name its functions and judge it; LabError if refused."""
    pid = audit.pid
    refused = access.refused(pid) if pid else "the process was never named"
    if refused or pid is None:
        raise LabError(refused)
    if command_of(pid) != audit.subject:
        raise LabError(f"process {pid} is another one now: {command_of(pid)}")
    frames: list[Frame] = []
    judged = JudgedWatch(pid)
    watcher.on_frame = frames.append
    watcher.watch(pid)
    try:
        await asyncio.sleep(seconds / 2)
        complaint = await _named(judged, frames)
        await asyncio.sleep(seconds / 2)
        watcher.cut()
        await asyncio.sleep(LAST_FRAME_S)
    finally:
        watcher.unwatch()
    observation, verdict = judged.judge(frames)
    if verdict.needs_dump and not observation.ended:
        await judged.look(observation, verdict)
        observation, verdict = judged.judge(frames)
    if not observation.threads:
        raise LabError(observation.why or "the process was not seen")
    return Watched(watch_document(observation, pid, audit.subject, verdict), complaint)


async def _named(judged: JudgedWatch, frames: list[Frame]) -> str:
    """Have the functions named; why that cannot be had, else empty."""
    try:
        await judged.name_functions(judged.judge(frames)[0])
    except StacksError as error:
        return str(error)
    return "" if judged.hot else "py-spy saw no function run"


async def watch_function(plan: Plan, watcher: WatcherLike, child: ChildRunner) -> Watched:
    """Run the one experiment of `plan` with threads for some seconds, and watch it meanwhile.

    LabError where it cannot be run.
    """
    experiment = next(one for one in plan.experiments if one.executor == "threads")
    job = Job(
        "calibrate",
        experiment,
        events_fd=-1,  # known to who opens the pipes
        switch_fd=-1,
        max_workers=experiment.workers,
        directory=plan.directory,
        plugins=plan.plugins,
        plugin_folders=plan.plugin_folders,
    )
    calibrated = _answer(await child(job, lambda event: None, plan.timeout_s))
    tasks = math.ceil(experiment.workers * FUNCTION_S / max(calibrated["task_s"], 1e-6))
    tasks = min(MOST_TASKS, max(tasks, 2 * experiment.workers))
    longer = replace(experiment, size=calibrated["size"], tasks=tasks)
    deterministic = bool(calibrated.get("deterministic", True))
    trial = replace(job, kind="trial", experiment=longer, deterministic=deterministic)
    return await _Look(trial, watcher, child).run(plan.timeout_s + START_S)


def _answer(report: ChildReport) -> Event:
    if report.failure or report.answer is None:
        raise LabError((report.failure or {}).get("message") or "the function could not be run")
    return report.answer


class _Look:
    """One look at a run of a function."""

    def __init__(self, job: Job, watcher: WatcherLike, child: ChildRunner) -> None:
        self._job, self._watcher, self._child = job, watcher, child
        self._frames: list[Frame] = []
        self._pid = 0
        self._began_s = self._ended_s = 0.0
        self._working = asyncio.Event()

    async def run(self, timeout_s: float) -> Watched:
        """Run it until it has been looked at long enough; what is left of its tasks is not done."""
        self._watcher.on_frame = self._frames.append
        working = asyncio.ensure_future(self._child(self._job, self._hear, timeout_s))
        looking = asyncio.ensure_future(self._look())
        try:
            await asyncio.wait((working, looking), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                _answer(working.result())
            hot, complaint = await asyncio.wait_for(looking, START_S)
            if not self._ended_s:
                self._ended_s = time.monotonic()
                self._watcher.cut()
            await asyncio.sleep(LAST_FRAME_S)
        except TimeoutError:
            raise LabError("the function did not begin to work in time") from None
        finally:
            looking.cancel()
            self._watcher.unwatch()
            working.cancel()
            await asyncio.wait((working,))
        return self._told(hot, complaint)

    def _hear(self, event: Event) -> None:
        match event["event"]:
            case "hello":
                self._pid = event["pid"]
                self._watcher.watch(self._pid)
            case "started":
                self._began_s = event["t_s"]
                self._watcher.cut()
                self._working.set()
            case "finished":
                self._ended_s = event["work_end_s"]
                self._watcher.cut()

    async def _look(self) -> tuple[list[HotFunction], str]:
        await self._working.wait()
        await asyncio.sleep(BEFORE_NAMING_S)
        try:
            hot = await hot_functions(self._pid, seconds=NAMING_S)
        except StacksError as error:
            return [], str(error)
        return hot, "" if hot else "py-spy saw no function run"

    def _told(self, hot: list[HotFunction], complaint: str) -> Watched:
        def coordinates(thread: ThreadFrame) -> bool:
            """The main thread only hands out work."""
            return thread.tid == self._pid

        frames = frames_of_work(self._frames, self._began_s, self._ended_s)
        others = {process.pid for frame in frames for process in frame.processes} - {self._pid}
        left_out = () if ":" in self._job.experiment.workload else others
        seen = summarize(frames, hot=hot, left_out=left_out, coordinates=coordinates)
        experiment = self._job.experiment
        command = f"{experiment.workload} ({experiment.label})"
        return Watched(watch_document(seen, self._pid, command, diagnose_observation(seen)), complaint)
