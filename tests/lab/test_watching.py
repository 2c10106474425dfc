import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gil_tui.bench.spec import Experiment
from gil_tui.lab import watching
from gil_tui.lab.conduct import conduct
from gil_tui.lab.events import LabEvent, TrialEnded, Watched
from gil_tui.lab.plan import Plan
from gil_tui.lab.watching import TrialWatch, frames_of_work, started_watcher
from gil_tui.watch.client import WatcherProcess
from gil_tui.watch.frames import CpuFrame, Frame, GilFrame, ObserverFrame, ThreadFrame
from tests.lab.fake_bench import FakeBench

CPU = CpuFrame((0.5, 0.5), 2.0, "online", 1.0, 0.0, 0.0, 0.0)
OBSERVER = ObserverFrame(0.01, 100.0, 100.0, 0)


def frame(start_s: float, end_s: float, waiting: float = 0.0) -> Frame:
    shares = dict.fromkeys(("cpu", "run_queue", "gil", "lock", "network", "disk", "sleep", "idle"), 0.0)
    return Frame(
        start_s,
        end_s,
        (GilFrame(4711, 0, True, held=0.9, waiting=waiting, waiting_counts=(1,), samples=50),),
        (ThreadFrame(4711, 4711, "main", shares | {"cpu": 1.0}, "cpu"),),
        (),
        CPU,
        OBSERVER,
    )


class FakeWatcher:
    """Notes its commands; gives a frame at every cut, as the real one does, but with the bench's times."""

    def __init__(self, ends_s: tuple[float, ...] = (11.0, 12.0)) -> None:
        self.on_frame: Callable[[Frame], None] | None = None
        self.failure = ""
        self.commands: list[str] = []
        self._ends_s = ends_s

    def watch(self, pid: int) -> None:
        self.commands.append(f"watch {pid}")
        self._cuts = 0

    def unwatch(self) -> None:
        self.commands.append("unwatch")

    def cut(self) -> None:
        self.commands.append("cut")
        start_s = self._ends_s[self._cuts - 1] if self._cuts else 10.0
        end_s = self._ends_s[self._cuts]
        self._cuts += 1
        asyncio.get_running_loop().call_soon(self._give, frame(start_s, end_s, waiting=2.0))

    def _give(self, given: Frame) -> None:
        assert self.on_frame is not None
        self.on_frame(given)


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([(0.0, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 2.3)], [(1.0, 1.5), (1.5, 2.0)]),
        ([(0.98, 1.5), (1.5, 2.02)], [(0.98, 1.5), (1.5, 2.02)]),
        ([(1.0, 1.5), (1.5, 2.2)], [(1.0, 1.5)]),
        ([(0.9, 2.2)], [(0.9, 2.2)]),
        ([(0.0, 1.5)], []),
        ([(1.0, 1.0)], [(1.0, 1.0)]),
        ([], []),
    ],
)
def test_frames_of_the_work_are_those_within_it(
    spans: list[tuple[float, float]], kept: list[tuple[float, float]]
) -> None:
    chosen = frames_of_work([frame(start_s, end_s) for start_s, end_s in spans], 1.0, 2.0)
    assert [(one.start_s, one.end_s) for one in chosen] == kept


def plan(**options: bool) -> Plan:
    sequential = Experiment("countdown", "sequential", 1, "/a/python")
    return Plan((sequential, replace(sequential, executor="threads", workers=2)), 2, 2, **options)  # type: ignore[arg-type]


def test_trials_are_watched_from_hello_to_their_end() -> None:
    watcher, events = FakeWatcher(), list[LabEvent]()
    sweep = asyncio.run(conduct(plan(), events.append, None, watcher, child=FakeBench()))
    trials = 4
    assert watcher.commands[:4] == ["watch 4711", "cut", "cut", "unwatch"]
    assert watcher.commands.count("cut") == 2 * trials
    watched = [event.frame for event in events if isinstance(event, Watched)]
    assert len(watched) == 2 * trials
    for event in events:
        if isinstance(event, TrialEnded):
            assert event.trial.observed is not None
            assert event.trial.observed["gil"]["held"] == 0.9
            assert event.trial.observed["gil"]["samples"] == 50
    for run in sweep.runs:
        assert run.gil is not None and run.gil["waiting"] == 2.0 and run.gil["samples"] == 100
        assert run.threads is not None and run.threads["cpu"] == 1.0
        assert run.watch_why == ""


def test_what_is_not_watched_says_so() -> None:
    sweep = asyncio.run(conduct(plan(), lambda event: None, child=FakeBench()))
    assert {(run.gil, run.threads, run.watch_why) for run in sweep.runs} == {(None, None, "not watched")}


def test_a_watcher_that_gives_nothing_delays_no_trial_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LAST_FRAME_S", 0.01)

    class Mute(FakeWatcher):
        def cut(self) -> None:
            pass

    sweep = asyncio.run(conduct(plan(), lambda event: None, None, Mute(), child=FakeBench()))
    assert {run.status for run in sweep.runs} == {"done"}
    assert all(run.gil is None and run.watch_why == "nothing was watched" for run in sweep.runs)


def test_a_dead_watcher_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LAST_FRAME_S", 1000.0)
    watcher = FakeWatcher()

    async def end_at_once() -> list[Frame]:
        watch = TrialWatch(watcher, lambda given: None)
        watch.begin(4711)
        watcher.failure = "the watcher ended (exit code 1)"
        return await watch.end(0.0, 1.0)

    assert asyncio.run(end_at_once()) == []


def test_a_failed_trial_is_no_longer_watched() -> None:
    watcher = FakeWatcher()
    failure = {"kind": "raised", "message": "no", "traceback": ""}
    bench = FakeBench(failing={"sequential": failure, "threads x2": failure})
    sweep = asyncio.run(conduct(plan(), lambda event: None, None, watcher, child=bench))
    assert watcher.commands[:2] == ["watch 4711", "unwatch"]
    assert {run.watch_why for run in sweep.runs} == {"no trial was watched to its end"}


@pytest.mark.real
@pytest.mark.alone
def test_a_watcher_is_started_and_ended() -> None:
    async def use() -> None:
        async with started_watcher(plan(), pytest.fail) as watcher:
            assert isinstance(watcher, WatcherProcess) and watcher.pid
        async with started_watcher(plan(watch=False), pytest.fail) as watcher:
            assert watcher is None

    asyncio.run(use())
