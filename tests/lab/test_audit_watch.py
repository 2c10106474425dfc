"""What an audit watches: a live process, and a run of a function that is ended once it has been looked at."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from gil_tui.bench.spec import Experiment, Job
from gil_tui.lab import audit_watch
from gil_tui.lab.audit_watch import FUNCTION_S, Watched, watch_function, watch_process
from gil_tui.lab.child import ChildReport, Event
from gil_tui.lab.errors import LabError
from gil_tui.lab.judged_watch import JudgedWatch
from gil_tui.lab.plan import MOST_TASKS, Plan
from gil_tui.verdict.audit_model import PROCESS, Audit
from gil_tui.watch.frames import Frame
from gil_tui.watch.processes import command_of
from gil_tui.watch.stacks import HotFunction, StacksError, ThreadStack
from tests.lab import frame_builders as build

PID = os.getpid()
HOT = HotFunction("render", "views.py", 12, True, 0.9)
BUSY = (build.thread(PID, PID, gil=0.5, cpu=0.5), build.thread(PID + 1, PID, gil=0.5, cpu=0.5))


BEGAN_S = time.monotonic() - 2.0


def busy_frames() -> list[Frame]:
    """The last two seconds, in which two threads of this process share the GIL."""
    common = build.frame(
        gils=(build.gil(PID, held=1.0, waiting=1.0),), threads=BUSY, processes=(build.process(PID),)
    )
    ends_s = [BEGAN_S + 0.25 * number for number in range(1, 9)]
    return [replace(common, start_s=end_s - 0.25, end_s=end_s) for end_s in ends_s]


class Watcher:
    """Gives `frames` as soon as it watches; notes its commands."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.on_frame: Callable[[Frame], None] | None = None
        self.failure = ""
        self.commands: list[str] = []
        self._frames = frames

    def watch(self, pid: int) -> None:
        self.commands.append(f"watch {pid}")
        for one in self._frames:
            assert self.on_frame
            self.on_frame(one)

    def unwatch(self) -> None:
        self.commands.append("unwatch")

    def cut(self) -> None:
        self.commands.append("cut")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    for name in ("LAST_FRAME_S", "BEFORE_NAMING_S"):
        monkeypatch.setattr(audit_watch, name, 0.0)


def stacks(monkeypatch: pytest.MonkeyPatch, hot: Sequence[HotFunction] = (HOT,), refusal: str = "") -> None:
    """What py-spy says of the stacks."""

    async def functions(pid: int, seconds: float = 1.0) -> Sequence[HotFunction]:
        if refusal:
            raise StacksError(refusal)
        return hot

    async def dump(pid: int) -> Sequence[ThreadStack]:
        return ()

    monkeypatch.setattr(audit_watch, "hot_functions", functions)
    monkeypatch.setattr(audit_watch, "JudgedWatch", partial(JudgedWatch, hot_of=functions, dump_of=dump))


def an_audit(pid: int | None = PID, subject: str = "") -> Audit:
    return Audit("shop", subject or command_of(PID), PROCESS, "2026-03-01T14:02:00+00:00", pid=pid)


def look_at_process(watcher: Watcher, audit: Audit) -> Watched:
    return asyncio.run(watch_process(audit, watcher, seconds=0.0))


def test_a_process_is_watched_named_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks(monkeypatch)
    watcher = Watcher(busy_frames())
    watched = look_at_process(watcher, an_audit())
    assert watched.document["verdict"]["code"] == "gil"
    assert watched.document["pid"] == PID
    assert "render" in str(watched.document)
    assert watched.complaint == ""
    assert watcher.commands == [f"watch {PID}", "cut", "unwatch"]


@pytest.mark.parametrize(
    ("hot", "refusal", "complaint"),
    [((), "", "py-spy saw no function run"), ((), "ptrace is forbidden", "ptrace is forbidden")],
)
def test_without_names_it_says_why(
    monkeypatch: pytest.MonkeyPatch, hot: Sequence[HotFunction], refusal: str, complaint: str
) -> None:
    stacks(monkeypatch, hot, refusal)
    watched = look_at_process(Watcher(busy_frames()), an_audit())
    assert watched.complaint == complaint
    assert watched.document["verdict"]["code"] == "gil"


def test_another_process_under_its_number_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks(monkeypatch)
    watcher = Watcher(busy_frames())
    with pytest.raises(LabError, match=f"process {PID} is another one now: "):
        look_at_process(watcher, an_audit(subject="python shop.py"))
    with pytest.raises(LabError, match="the process was never named"):
        look_at_process(watcher, an_audit(pid=None))
    with pytest.raises(LabError, match=r"4194305|there is no process"):
        look_at_process(watcher, an_audit(pid=4_194_305))
    assert watcher.commands == []


def test_a_process_that_was_not_seen_is_an_error_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks(monkeypatch)
    watcher = Watcher([build.frame(0, threads=(), gils=(), processes=(), why="not permitted")])
    with pytest.raises(LabError, match="not permitted"):
        look_at_process(watcher, an_audit())
    assert watcher.commands[-1] == "unwatch"


CALIBRATED = {"event": "calibrated", "task_s": 0.01, "size": 500}


class Bench:
    """The bench child: answers a calibration, then tells that it works, until it is stopped."""

    def __init__(
        self, calibrated: Event | None = CALIBRATED, *, trial: str = "works", failure: str = ""
    ) -> None:
        self._calibrated, self._trial, self._failure = calibrated, trial, failure
        self.jobs: list[Job] = []
        self.stopped = False

    async def __call__(self, job: Job, hear: Callable[[Event], None], timeout_s: float) -> ChildReport:
        self.jobs.append(job)
        failure = {"kind": "raised", "message": self._failure}
        if job.kind == "calibrate":
            return ChildReport(0.0, 1.0, 0, self._calibrated, None if self._calibrated else failure)
        if self._trial == "fails":
            return ChildReport(0.0, 1.0, 1, None, failure)
        if self._trial == "ends":
            return ChildReport(0.0, 1.0, 0, {"event": "finished"})
        hear({"event": "hello", "pid": PID, "t_s": BEGAN_S})
        hear({"event": "started", "t_s": BEGAN_S})
        if self._trial == "finishes":
            hear({"event": "finished", "t_s": BEGAN_S + 2, "work_end_s": BEGAN_S + 2})
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.stopped = True
            raise
        raise AssertionError("nobody stopped it")


def function_plan(workload: str = "countdown") -> Plan:
    sequential = Experiment(workload, "sequential", 1, "/a/python")
    return Plan((sequential, replace(sequential, executor="threads", workers=2)), 1, 2)


def look_at_function(bench: Bench, watcher: Watcher, plan: Plan | None = None) -> Watched:
    return asyncio.run(watch_function(plan or function_plan(), watcher, bench))


@pytest.mark.parametrize("trial", ["works", "finishes"])
def test_a_function_runs_long_enough_to_be_looked_at_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, trial: str
) -> None:
    stacks(monkeypatch)
    bench, watcher = Bench(trial=trial), Watcher(busy_frames())
    watched = look_at_function(bench, watcher)
    calibration, work = bench.jobs
    assert (calibration.kind, work.kind) == ("calibrate", "trial")
    assert work.experiment.size == 500
    assert work.experiment.tasks == 2 * FUNCTION_S / 0.01
    assert bench.stopped
    assert watcher.commands == [f"watch {PID}", "cut", "cut", "unwatch"]
    assert watched.document["command"] == "countdown (threads x2)"
    assert "render" in str(watched.document)


@pytest.mark.parametrize(("task_s", "tasks"), [(0.0, MOST_TASKS), (1000.0, 4)])
def test_tasks_of_any_length_are_enough_and_not_too_many(
    monkeypatch: pytest.MonkeyPatch, task_s: float, tasks: int
) -> None:
    stacks(monkeypatch)
    bench = Bench({**CALIBRATED, "task_s": task_s})
    look_at_function(bench, Watcher(busy_frames()))
    assert bench.jobs[1].experiment.tasks == tasks


def test_a_function_whose_names_are_refused_is_judged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks(monkeypatch, refusal="ptrace is forbidden")
    watched = look_at_function(Bench(), Watcher(busy_frames()))
    assert watched.complaint == "ptrace is forbidden"
    stacks(monkeypatch, hot=())
    assert look_at_function(Bench(), Watcher(busy_frames())).complaint == "py-spy saw no function run"


@pytest.mark.parametrize(
    "bench",
    [Bench(None, failure="ZeroDivisionError: no"), Bench(trial="fails", failure="ZeroDivisionError: no")],
    ids=["calibration", "trial"],
)
def test_a_function_that_fails_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    stacks(monkeypatch)
    watcher = Watcher(busy_frames())
    with pytest.raises(LabError, match="ZeroDivisionError: no"):
        look_at_function(bench, watcher)
    assert watcher.commands in ([], ["unwatch"])


def test_a_function_that_ends_before_it_begins_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks(monkeypatch)
    monkeypatch.setattr(audit_watch, "START_S", 0.01)
    watcher = Watcher(busy_frames())
    with pytest.raises(LabError, match="did not begin to work in time"):
        look_at_function(Bench(trial="ends"), watcher)
    assert watcher.commands == ["unwatch"]
