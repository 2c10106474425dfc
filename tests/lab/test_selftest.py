"""The self-test conducted: with a watcher that tells what it is told to, and once with all that is real."""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from gil_tui.lab.interpreters import Interpreter, running_interpreter
from gil_tui.lab.known_loads import Length, figures_of, watched_load
from gil_tui.lab.records import Sweep
from gil_tui.lab.selftest import Extent, Selftest, run_selftest, spreads_of
from gil_tui.lab.watching import WatcherLike
from gil_tui.report.selftest import selftest_lines
from gil_tui.schemas import text_of
from gil_tui.verdict.selftest import DISTURBED, FAILED, NOT_POSSIBLE, PARTS, PASSED, Check
from gil_tui.watch.client import WatcherError
from gil_tui.watch.frames import Frame
from tests.history.samples import HOST, a_run, a_trial, finished
from tests.lab.fake_bench import FakeBench
from tests.lab.frame_builders import frame, gil, thread

TINY = Extent(
    quiet=(("idle", 2), ("sleep", 2)),
    busy=(("spin", 2),),
    quiet_length=Length(0.05, 0.1),
    busy_length=Length(0.05, 0.1),
    workloads=("countdown", "sleep"),
    repeats=2,
    tasks=4,
    sweep_s=1.0,
)


def state(t_s: float, hand_overs: int, cpu_s: float, queued_s: float | None = 0.0) -> dict[str, object]:
    threads = [{"tid": tid, "cpu_s": cpu_s, "queued_s": queued_s, "lock_s": 0.0} for tid in (101, 102)]
    between_s = 0.0001 * hand_overs
    return {"t_s": t_s, "held_s": 0.0, "between_s": between_s, "hand_overs": hand_overs, "threads": threads}


def test_what_was_counted_stands_beside_what_was_seen() -> None:
    lanes = [thread(tid, cpu=0.5, gil=0.5) for tid in (101, 102)]
    frames = [
        frame(number, gils=(gil(held=0.99, waiting_counts=(1, 24)),), threads=lanes) for number in range(4)
    ]
    seen = figures_of("spin", 2, True, state(1000.0, 10, 1.0), state(1001.1, 120, 1.55), frames, ("steal",))
    assert [seen.seconds, seen.unwatched_s] == pytest.approx([1.0, 0.1])
    assert [seen.hand_overs_per_s, seen.between] == pytest.approx([100.0, 0.01])
    assert [one.cpu for one in seen.threads] == [pytest.approx(0.5)] * 2
    assert seen.threads[0].lanes["gil"] == 0.5 and seen.threads[0].waits_known
    assert seen.gauge.held == pytest.approx(0.99)
    assert (seen.gauge.samples, seen.gauge.why) == (100, "")
    assert seen.gauge.waiting_error == pytest.approx(0.0197, abs=1e-4)  # of 96 ones among 100
    assert seen.marks == ("steal",)


def test_a_thread_that_was_not_seen_has_no_lanes() -> None:
    seen = figures_of("spin", 2, True, state(1000.0, 0, 0.0, None), state(1001.0, 9, 0.5, None), [])
    assert [(one.lanes, one.queued, one.blocked) for one in seen.threads] == [({}, None, None)] * 2
    assert seen.gauge.why == "nothing was watched"


class TellingWatcher:
    """Gives a frame at each cut: the GIL held for `held` of the time since the one before."""

    def __init__(self, held: float) -> None:
        self.on_frame: Callable[[Frame], None] | None = None
        self.failure = ""
        self._held, self._since_s = held, time.monotonic()

    def watch(self, pid: int) -> None:
        self._since_s = time.monotonic()

    def unwatch(self) -> None:
        pass

    def cut(self) -> None:
        given = frame(gils=(gil(held=self._held, waiting=1.0),), threads=())
        given = replace(given, start_s=self._since_s, end_s=time.monotonic())
        self._since_s = given.end_s
        assert self.on_frame
        asyncio.get_running_loop().call_soon(self.on_frame, given)


def opening(held: float) -> Callable[[], object]:
    @asynccontextmanager
    async def open_watcher() -> AsyncIterator[WatcherLike]:
        yield TellingWatcher(held)

    return open_watcher


@asynccontextmanager
async def no_watcher() -> AsyncIterator[WatcherLike]:
    raise WatcherError("the watcher cannot be started: no more processes")
    yield TellingWatcher(0.0)


def bench() -> FakeBench:
    """Countdown gains nothing of threads, all else twice."""
    times_s = {"sequential": 1.0, "threads x2": 1.0, "processes x2": 0.5}
    return FakeBench(walls_s=lambda label, number: times_s[label])


def selftest_with(watcher: object, told: list[float] | None = None) -> Selftest:
    def hear(doing: str, share: float, left_s: float | None) -> None:
        assert doing and left_s is not None and left_s >= 0
        if told is not None:
            told.append(share)

    return asyncio.run(
        run_selftest(running_interpreter(), hear, TINY, open_watcher=watcher, child=bench())  # type: ignore[arg-type]
    )


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the gauge and the lanes need Linux")
needs_gil = pytest.mark.skipif(
    getattr(sys, "_is_gil_enabled", lambda: True)() is False, reason="this interpreter runs without a GIL"
)


@pytest.mark.real
@pytest.mark.alone
@needs_linux
@needs_gil
def test_what_the_watcher_says_is_held_against_what_the_loads_did() -> None:
    told: list[float] = []
    right, wrong = selftest_with(opening(1.0), told), selftest_with(opening(0.4))

    def held(found: Selftest, subject: str) -> Check:
        return next(one for one in found.checks if (one.subject, one.quantity) == (subject, "held"))

    assert held(right, "2 spinning threads").state == PASSED
    assert held(right, "2 threads of an idle pool").state in (FAILED, DISTURBED)
    assert held(wrong, "2 threads of an idle pool").state in (FAILED, DISTURBED)
    assert not wrong.passed
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(told))
    assert [told[0], told[-1]] == pytest.approx([0.0, 1.0])
    speedups = {one.subject: one.state for one in right.checks if one.part == "speed-up"}
    assert speedups["countdown, threads x2"] == PASSED
    assert speedups["sleep, processes x2"] == PASSED
    assert speedups["sleep, threads x2"] in (FAILED, DISTURBED)
    Draft202012Validator(json.loads(text_of("selftest"))).validate(json.loads(json.dumps(right.to_json())))
    assert Selftest.from_json(right.to_json()) == right


@pytest.mark.real
@pytest.mark.alone
@needs_linux
def test_without_a_watcher_the_speedups_are_checked_all_the_same() -> None:
    found = selftest_with(no_watcher)
    assert {one.state for one in found.checks if one.part in ("gauge", "lanes")} == {NOT_POSSIBLE}
    assert {one.note for one in found.checks if one.part == "gauge"} == {
        "the watcher cannot be started: no more processes"
    }
    assert any(one.state == PASSED for one in found.checks if one.part == "speed-up")


@pytest.mark.real
@pytest.mark.alone
@needs_linux
def test_an_interpreter_that_cannot_run_the_load_is_said() -> None:
    broken = replace(running_interpreter(), path="/nonexistent/python")
    seen = asyncio.run(watched_load(broken, "spin", 2, Length(0.0, 0.0), 2))
    assert seen.why == "cannot start /nonexistent/python: No such file or directory"
    other = replace(running_interpreter(), path="/bin/false")
    assert asyncio.run(watched_load(other, "spin", 2, Length(0.0, 0.0), 2)).why.startswith("the load ended")


@pytest.mark.real
@pytest.mark.alone
@needs_linux
def test_cancelling_ends_everything() -> None:
    async def cancel(interpreter: Interpreter) -> None:
        started = asyncio.Event()
        task = asyncio.ensure_future(
            run_selftest(interpreter, lambda *told: started.set(), replace(TINY, quiet_length=Length(60, 60)))
        )
        await started.wait()
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel(running_interpreter()))  # what is left is found by `no_orphans`


@pytest.mark.real
@pytest.mark.alone
@needs_linux
@needs_gil
def test_the_real_thing() -> None:
    extent = replace(
        TINY, quiet_length=Length(1.2, 0.7), busy_length=Length(0.4, 0.7), workloads=("sleep",), repeats=1
    )
    found = asyncio.run(run_selftest(running_interpreter(), lambda *told: None, extent))
    gauge = [one for one in found.checks if one.part == "gauge"]
    refused = {one.note for one in gauge if one.state == NOT_POSSIBLE}
    if refused:
        pytest.skip(f"the watch is not possible here: {refused}")
    measured = {(one.subject, one.quantity): one for one in gauge}
    spinning, idle = measured["2 spinning threads", "held"], measured["2 threads of an idle pool", "held"]
    assert (spinning.measured or 0) > 0.5 > 0.2 > (idle.measured or 0)
    assert {one.part for one in found.checks} == set(PARTS)
    lanes = {one.subject: one for one in found.checks if one.part == "lanes" and one.quantity != "GIL wait"}
    assert (lanes["2 threads of an idle pool"].measured or 0) > 0.7
    assert (lanes["2 sleeping threads"].measured or 0) > 0.5
    assert found.python.startswith("CPython ")
    assert found.seconds < 30


# --- text


def a_selftest(*checks: Check) -> Selftest:
    return Selftest(
        HOST, "2026-01-02T03:04:05+00:00", "0.1.0", "/a/python", "CPython 3.13.0", False, 42.0, checks
    )


def test_the_heading_names_host_day_interpreter_and_version() -> None:
    lines = selftest_lines(a_selftest())
    assert lines[0].startswith(f"{HOST.name}: ") and lines[0].endswith("gil-tui 0.1.0")
    assert lines[1] == "2026-01-02T03:04:05+00:00: self-test of 42.0 s with CPython 3.13.0, /a/python"
    assert lines[-1] == "0 of 0 checks passed"


def test_a_row_states_truth_error_and_what_is_allowed() -> None:
    passed = Check("gauge", "4 threads", "held", "share", PASSED, 0.99, (0.97, 1.0), 0.03, 0.011)
    counted = Check("gauge", "4 threads", "switches", "1/s", FAILED, 150.0, (178.0, 178.0), 10.9, 0.0)
    lacking = Check("gauge", "C code", "held", "share", NOT_POSSIBLE, note="no PyDLL")
    disturbed = Check(
        "speed-up", "countdown, processes x2", "speed-up", "x", DISTURBED, 1.0, (1.2, 2.0), 0.1, 0.0, "steal"
    )
    lines = selftest_lines(a_selftest(passed, counted, lacking, disturbed))
    rows = {line.split("  ")[0] + line.split()[-1]: " ".join(line.split()) for line in lines[3:8]}
    assert rows["gaugepassed"] == "gauge 4 threads held 0.990 0.970 to 1.000 +0.000 0.030 + 0.011 passed"
    assert rows["gaugefailed"] == "gauge 4 threads switches 150.0/s 178.0 -28.0 10.9 failed"
    assert rows["gaugepossible"] == "gauge C code held – – – – not possible"
    assert rows["speed-updisturbed"].endswith("1.00x 1.20 to 2.00 -0.20 0.10 disturbed")
    assert "not possible: no PyDLL (gauge, C code, held)" in lines
    assert "disturbed: steal (speed-up, countdown, processes x2, speed-up)" in lines
    assert max(map(len, lines)) <= 120


def test_the_schema_refuses_a_figure_without_truth() -> None:
    schema = Draft202012Validator(json.loads(text_of("selftest")))
    lacking = Check("gauge", "C code", "held", "share", NOT_POSSIBLE, note="no PyDLL")
    document = json.loads(json.dumps(a_selftest(lacking).to_json()))
    schema.validate(document)
    document["checks"][0]["state"] = "passed"
    assert list(schema.iter_errors(document))


def test_of_a_sweep_runs_with_several_workers_are_judged_by_what_one_foretold() -> None:
    spread = finished(a_run(id=2), a_trial())
    alone = finished(
        replace(a_run(id=1), experiment=replace(spread.experiment, executor="sequential", workers=1)),
        replace(a_trial(), marks=()),
    )
    about = {"model": "bound", "workload": spread.experiment.workload, "executor": spread.experiment.executor}
    fit = about | {"curve": [[1, 1.0], [spread.experiment.workers, 1.02]]}
    [found] = spreads_of(Sweep("s", HOST, (alone, spread), fits=(fit,)))
    assert (found.executor, found.workers) == (spread.experiment.executor, spread.experiment.workers)
    assert found.foretold == 1.02
    assert found.marks == ("1 of 2 trials, such as: steal",)
    [unfitted] = spreads_of(Sweep("s", HOST, (alone, spread)))
    assert unfitted.foretold is None
