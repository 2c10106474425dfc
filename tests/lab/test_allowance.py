import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gil_tui.bench.spec import Experiment, Job
from gil_tui.lab.allowance import LATE_S, STEP_S, Allowance, limited
from gil_tui.lab.child import ChildReport, Event
from gil_tui.lab.conduct import conduct
from gil_tui.lab.plan import Plan
from gil_tui.language import language_called
from tests.lab.fake_bench import FakeBench


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class LoopWithClock(asyncio.SelectorEventLoop):
    """Time passes only where something waits for it: at once, and `stops_s` longer where they are due."""

    def __init__(self, stops_s: dict[float, float]) -> None:
        super().__init__()
        self.now_s = 0.0
        self._stops_s = stops_s

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        if not self._ready and timers:  # type: ignore[attr-defined]
            self.now_s = min(timers)
            self.now_s += sum(self._stops_s.pop(at) for at in list(self._stops_s) if at <= self.now_s)
        super()._run_once()  # type: ignore[misc]


def took(work_s: float, limit_s: float, stops_s: dict[float, float] | None = None) -> tuple[float, Allowance]:
    """When work of so many seconds ended or was ended, on a clock on which stops happen at such times."""
    loop = LoopWithClock(stops_s or {})
    allowance = Allowance(limit_s, loop.time)

    async def work() -> float:
        async with limited(allowance):
            await asyncio.sleep(work_s)
        return loop.now_s

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work()), allowance


def test_what_is_not_stopped_has_its_time() -> None:
    ended_s, allowance = took(9.9, 10.0)
    assert ended_s == pytest.approx(9.9)
    assert allowance.left_s == pytest.approx(0.1)
    assert allowance.stopped_s == 0
    with pytest.raises(TimeoutError):
        took(10.1, 10.0)


def test_a_stop_is_not_charged() -> None:
    """The child was stopped too, and is as far from its end as it was before."""
    clock = Clock()
    allowance = Allowance(1.0, clock)
    for stopped_s in (0.0, 3600.0, 0.0, 60.0):
        clock.now_s += allowance.begin_step() + stopped_s
        allowance.end_step()
    assert allowance.left_s == pytest.approx(1.0 - 4 * STEP_S)
    assert allowance.stopped_s == pytest.approx(3660.0)


def test_work_goes_on_after_a_stop_that_is_longer_than_the_limit() -> None:
    ended_s, allowance = took(4.0, 2.0, {1.0: 100.0})
    assert ended_s == pytest.approx(101.0)  # the timer of the work came due meanwhile
    assert allowance.stopped_s == pytest.approx(100.0)


def test_a_stop_does_not_end_the_limit() -> None:
    with pytest.raises(TimeoutError):
        took(1000.0, 2.0, {1.0: 100.0})


def test_what_is_late_was_not_stopped() -> None:
    clock = Clock()
    allowance = Allowance(1.0, clock)
    clock.now_s += allowance.begin_step() + LATE_S / 2
    allowance.end_step()
    assert allowance.left_s == 1.0 - STEP_S
    assert allowance.stopped_s == 0


def test_a_step_is_charged_once() -> None:
    clock = Clock()
    allowance = Allowance(1.0, clock)
    clock.now_s += allowance.begin_step() + 9.0
    allowance.end_step()
    allowance.end_step()
    assert (allowance.left_s, allowance.stopped_s) == (1.0 - STEP_S, 9.0)


def test_a_trial_that_was_stopped_meanwhile_says_so() -> None:
    """Its wall time is no clean one: too many such, and no winner is named."""
    bench = FakeBench()

    async def stopped(job: Job, on_event: Callable[[Event], None], timeout_s: float) -> ChildReport:
        return replace(await bench(job, on_event, timeout_s), stopped_s=12.5)

    plan = Plan((Experiment("countdown", "sequential", 1, "/a/python"),))
    (run,) = asyncio.run(conduct(plan, lambda event: None, child=stopped)).runs
    assert {trial.marks[0] for trial in run.trials} == {"gil-tui did not run for 12.50 s"}
    french = language_called("fr").sentence(run.trials[0].marks[0])
    assert french and french.replace("\u00a0", " ") == "gil-tui n’a pas tourné pendant 12,50 s"
