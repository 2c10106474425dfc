import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from gil_tui.bench.spec import Experiment
from gil_tui.history import History
from gil_tui.lab.conduct import conduct
from gil_tui.lab.events import (
    Calibrating,
    LabEvent,
    Progressed,
    RunEnded,
    SweepEnded,
    SweepStarted,
    TrialEnded,
    TrialProgress,
    TrialStarted,
    Warned,
)
from gil_tui.lab.plan import Plan
from gil_tui.lab.records import Run, Sweep, Trial
from tests.lab.fake_bench import FakeBench

E = TypeVar("E")
THREADS_FIRST = 2
"""A seed that puts the second of three experiments before the third."""
RAISED = {"kind": "raised", "message": "ValueError: no", "traceback": "Traceback"}
TIMEOUT = {"kind": "timeout", "message": "not finished after 60 s (--timeout)", "traceback": ""}


def plan(*labels: str, interpreters: tuple[str, ...] = ("/a/python",), **options: Any) -> Plan:
    experiments = []
    for interpreter in interpreters:
        experiments.append(Experiment("countdown", "sequential", 1, interpreter))
        for label in labels:
            executor, _, workers = label.partition(" x")
            experiments.append(Experiment("countdown", executor, int(workers), interpreter))
    return Plan(tuple(experiments), **{"seed": 3} | options)


def steady(label: str, number: int) -> float:
    return {"processes x2": 0.5}.get(label, 1.0) * (1 + 0.001 * (number % 3))


def shaky(label: str, number: int) -> float:
    return 1.0 + 0.3 * (number % 4)


def run(made: Plan, bench: FakeBench | None = None, **options: Any) -> tuple[Sweep, list[LabEvent]]:
    events: list[LabEvent] = []
    sweep = asyncio.run(conduct(made, events.append, child=bench or FakeBench(steady), **options))
    return sweep, events


def of(kind: type[E], events: list[LabEvent]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def by_label(sweep: Sweep) -> dict[str, Run]:
    return {run.experiment.label: run for run in sweep.runs}


def test_a_sweep_ends_with_every_run_done() -> None:
    sweep, _ = run(plan("threads x2", "processes x2"))
    runs = by_label(sweep)
    assert list(runs) == ["sequential", "threads x2", "processes x2"]
    assert {r.status for r in sweep.runs} == {"done"}
    assert {len(r.trials) for r in sweep.runs} == {6}
    assert runs["threads x2"].wall_s is not None and runs["threads x2"].speedup is not None
    assert runs["threads x2"].speedup.median == pytest.approx(1.0, abs=0.01)
    assert runs["processes x2"].speedup is not None
    assert runs["processes x2"].speedup.median == pytest.approx(2.0, abs=0.02)
    first = runs["sequential"]
    assert first.speedup is not None and first.speedup.median == pytest.approx(1.0)
    assert first.python is not None and first.python.version == "3.13.0"
    assert (first.seed, first.sweep_id, first.version) == (3, sweep.id, "0.1.0")


def test_trials_carry_what_was_printed_and_what_it_cost() -> None:
    sweep, _ = run(plan("threads x2"))
    trial = sweep.runs[0].trials[0]
    assert (trial.number, trial.stdout, trial.failure) == (1, "out", None)
    # 10 ms to `hello`, 20 ms from the last result to the end; set-up and work are not counted.
    assert trial.overhead_s == pytest.approx(0.03)


def test_the_facts_come_in_order() -> None:
    _, events = run(plan("threads x2", repeats=1, at_least=1))
    names = [type(event).__name__ for event in events]
    assert names == [
        "SweepStarted",
        "Calibrating",
        "Progressed",
        *["TrialStarted", "TrialProgress", "TrialEnded", "Progressed"],
        *["TrialStarted", "TrialProgress", "TrialEnded", "Progressed"],
        *["Calibrating", "RunEnded", "RunEnded", "Progressed"],
        "SweepEnded",
    ]
    started = of(SweepStarted, events)[0]
    assert all(r.status == "running" and not r.trials for r in started.runs)
    calibrating, handing_over = of(Calibrating, events)
    assert calibrating == Calibrating("countdown", "/a/python")
    assert handing_over.handover is not None and handing_over.handover.label == "threads x2"
    assert of(TrialStarted, events)[0].number == 1
    assert of(TrialStarted, events)[0].experiment.size == 1000
    assert of(TrialProgress, events)[0].total == 3
    assert of(TrialEnded, events)[0].run.trials == (of(TrialEnded, events)[0].trial,)
    assert of(SweepEnded, events)[0].interrupted is False


def test_progress_never_goes_back_and_ends_at_one() -> None:
    _, events = run(plan("threads x2", "threads x4"), FakeBench(shaky))
    shares = [event.share for event in of(Progressed, events)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    lefts = [event.left_s for event in of(Progressed, events)]
    assert lefts[0] is None and lefts[-1] == 0.0
    assert all(left is not None and left > 0 for left in lefts[1:-1])


def test_an_experiment_stops_early_or_at_the_limit() -> None:
    def half(label: str, number: int) -> float:
        return (steady if label == "sequential" else shaky)(label, number)

    runs = by_label(run(plan("threads x2", repeats=9), FakeBench(half))[0])
    assert len(runs["sequential"].trials) == 6
    assert len(runs["threads x2"].trials) == 9


def test_trials_are_interleaved() -> None:
    bench = FakeBench(steady)
    run(plan("threads x2", "threads x4", "processes x2"), bench)
    labels = bench.labels()
    assert labels[0] == "sequential"
    for begin in range(0, len(labels), 4):
        assert len(set(labels[begin : begin + 4])) == 4


def test_one_calibration_for_all_that_do_the_same_work() -> None:
    bench = FakeBench(steady)
    sweep, _ = run(plan("threads x2", "threads x4", interpreters=("/a/python", "/b/python")), bench)
    jobs = [job for job in bench.jobs if job.kind == "calibrate"]
    assert [(job.experiment.interpreter, job.max_workers) for job in jobs] == [
        ("/a/python", 4),
        ("/b/python", 4),
    ]
    assert {(r.experiment.size, r.experiment.tasks) for r in sweep.runs} == {(1000, 40)}


def test_each_interpreter_has_a_baseline_of_its_own() -> None:
    made = plan("threads x2", interpreters=("/a/python", "/b/python"))

    class TwoSpeeds(FakeBench):
        async def __call__(self, job: Any, on_event: Any, timeout_s: float) -> Any:
            factor = 3.0 if job.experiment.interpreter == "/b/python" else 1.0
            self._walls_s = lambda label, number: factor * steady(label, number)
            return await super().__call__(job, on_event, timeout_s)

    sweep, _ = run(made, TwoSpeeds())
    for r in sweep.runs:
        assert r.speedup is not None and r.speedup.median == pytest.approx(1.0, abs=0.01)


def test_every_child_of_an_interpreter_is_warmed_up_as_planned() -> None:
    bench = FakeBench(steady)
    run(plan("threads x2", interpreters=("/a/python", "/b/pypy"), warmup_s={"/b/pypy": 1.0}), bench)
    warmups = {(job.kind, job.experiment.interpreter, job.warmup_s) for job in bench.jobs}
    assert warmups == {
        ("calibrate", "/a/python", 0.0),
        ("calibrate", "/b/pypy", 1.0),
        ("trial", "/a/python", 0.0),
        ("trial", "/b/pypy", 1.0),
        ("handover", "/a/python", 0.0),
        ("handover", "/b/pypy", 1.0),
    }


def test_jobs_say_whether_checksums_can_be_compared() -> None:
    bench = FakeBench(steady, deterministic=False)
    sweep, _ = run(plan("threads x2"), bench)
    assert {job.deterministic for job in bench.jobs if job.kind == "trial"} == {False}
    assert {r.status for r in sweep.runs} == {"done"}


@pytest.mark.parametrize(("failure", "status"), [(RAISED, "failed"), (TIMEOUT, "timeout")])
def test_what_fails_ends_its_own_run_and_no_other(failure: dict[str, str], status: str) -> None:
    bench = FakeBench(steady, failing={"threads x2": failure})
    sweep, events = run(plan("threads x2", "processes x2"), bench)
    runs = by_label(sweep)
    assert runs["threads x2"].status == status
    assert runs["threads x2"].failure == failure
    assert len(runs["threads x2"].trials) == 1
    assert runs["threads x2"].trials[0].stderr == "on stderr\n"
    assert runs["threads x2"].wall_s is None
    assert runs["processes x2"].status == "done"
    assert len(of(RunEnded, events)) == 3


def test_a_failing_baseline_leaves_the_others_without_speedup() -> None:
    sweep, _ = run(plan("threads x2"), FakeBench(steady, failing={"sequential": RAISED}))
    runs = by_label(sweep)
    assert runs["sequential"].status == "failed"
    assert runs["threads x2"].status == "done"
    assert runs["threads x2"].speedup is None


def test_a_failing_calibration_fails_the_work_of_that_interpreter_alone() -> None:
    class OneBroken(FakeBench):
        async def __call__(self, job: Any, on_event: Any, timeout_s: float) -> Any:
            self._failing = {"calibrate": RAISED} if job.experiment.interpreter == "/a/python" else {}
            return await super().__call__(job, on_event, timeout_s)

    sweep, events = run(plan("threads x2", interpreters=("/a/python", "/b/python")), OneBroken(steady))
    assert [r.status for r in sweep.runs] == ["failed", "failed", "done", "done"]
    assert sweep.runs[1].failure == RAISED
    assert sweep.runs[0].trials[0].stderr == "on stderr\n"
    assert len(of(RunEnded, events)) == 4


def test_another_checksum_fails_the_trial_and_names_the_task() -> None:
    bench = FakeBench(steady, checksums={"threads x2": (1, 9, 3), "processes x2": (1, 2)})
    runs = by_label(run(plan("threads x2", "processes x2"), bench)[0])
    assert runs["sequential"].status == "done"
    assert runs["threads x2"].failure == {
        "kind": "differs",
        "message": "task 1 of threads x2 gave another checksum than under sequential",
        "traceback": "",
    }
    assert runs["processes x2"].failure is not None
    assert "task 2 of processes x2" in runs["processes x2"].failure["message"]


def test_a_run_is_told_as_ended_only_when_its_baseline_is() -> None:
    def slow_baseline(label: str, number: int) -> float:
        return (shaky if label == "sequential" else steady)(label, number)

    _, events = run(plan("threads x2"), FakeBench(slow_baseline))
    ended = of(RunEnded, events)
    assert [e.run.experiment.label for e in ended] == ["sequential", "threads x2"]
    assert len(ended[0].run.trials) == 12 and len(ended[1].run.trials) == 6


def test_every_trial_is_in_the_history_at_once() -> None:
    history = History.in_memory()
    kept: list[tuple[int, int]] = []

    def listen(event: LabEvent) -> None:
        if isinstance(event, TrialEnded):
            assert event.run.id is not None
            kept.append((len(history.run(event.run.id).trials), len(event.run.trials)))

    sweep = asyncio.run(conduct(plan("threads x2"), listen, history, child=FakeBench(steady)))
    assert len(kept) == 12 and all(stored == told for stored, told in kept)
    for r in sweep.runs:
        assert r.id is not None
        stored = history.run(r.id)
        assert (stored.status, stored.experiment.size) == ("done", 1000)
        assert Run.from_json(stored.to_json()) == stored


def test_failed_runs_are_in_the_history_too() -> None:
    history = History.in_memory()
    sweep, _ = run(plan("threads x2"), FakeBench(failing={"calibrate": RAISED}), store=history)
    for r in sweep.runs:
        assert r.id is not None
        assert history.run(r.id).status == "failed"
        assert history.run(r.id).failure == RAISED


class BrokenStore:
    """Works until the `works`th call."""

    def __init__(self, works: int) -> None:
        self._works = works

    def _call(self) -> None:
        self._works -= 1
        if self._works < 0:
            raise RuntimeError("no room left for the history")

    def add_run(self, run: Run) -> int:
        self._call()
        return 1

    def add_trial(self, run_id: int, trial: Trial) -> None:
        self._call()

    def finish_run(self, run: Run) -> None:
        self._call()

    def finish_sweep(self, sweep: Sweep) -> None:
        self._call()


@pytest.mark.parametrize("works", [0, 1, 5, 13, 16])
def test_a_store_that_fails_costs_one_warning_and_no_trial(works: int) -> None:
    sweep, events = run(plan("threads x2"), store=BrokenStore(works))
    assert [e.message for e in of(Warned, events)] == ["runs are not kept: no room left for the history"]
    assert {r.status for r in sweep.runs} == {"done"}
    assert {len(r.trials) for r in sweep.runs} == {6}


def test_a_store_that_fails_for_a_while_has_every_trial_at_the_end() -> None:
    history = History.in_memory()
    connection = history._connection

    def hear(event: LabEvent) -> None:
        events.append(event)
        done = len(of(TrialEnded, events))
        connection.execute(f"PRAGMA query_only = {'ON' if 1 <= done < 6 else 'OFF'}")

    events: list[LabEvent] = []
    sweep = asyncio.run(conduct(plan("threads x2"), hear, history, child=FakeBench(steady)))
    first, last = [event.message for event in of(Warned, events)]
    assert first.startswith("runs are not kept: ") and last == "the history works again: all runs are kept"
    for r in sweep.runs:
        assert r.id is not None
        stored = history.run(r.id)
        assert stored.status == "done"
        assert stored.trials == r.trials and len(r.trials) == 6


def cancelled(
    made: Plan, make_bench: Callable[[], FakeBench], **options: Any
) -> tuple[FakeBench, list[LabEvent]]:
    events: list[LabEvent] = []

    async def cancel() -> FakeBench:
        bench = make_bench()
        task = asyncio.create_task(conduct(made, events.append, child=bench, **options))
        await bench.hangs.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return bench

    return asyncio.run(cancel()), events


def test_a_cancelled_sweep_keeps_its_finished_trials_as_interrupted() -> None:
    history = History.in_memory()
    bench, events = cancelled(
        plan("threads x2", "processes x2", seed=THREADS_FIRST),
        lambda: FakeBench(steady, hanging="processes x2", failing={"threads x2": RAISED}),
        store=history,
    )
    assert bench.stopped
    last = events[-1]
    assert isinstance(last, SweepEnded) and last.interrupted
    runs = by_label(last.sweep)
    assert {label: r.status for label, r in runs.items()} == {
        "sequential": "interrupted",
        "threads x2": "failed",
        "processes x2": "interrupted",
    }
    assert runs["sequential"].wall_s is not None
    first = runs["sequential"]
    assert first.id is not None and history.run(first.id).status == "interrupted"
    assert len(history.run(first.id).trials) == len(first.trials) == 1
    assert runs["processes x2"].id is None and not runs["processes x2"].trials


def test_cancelled_during_the_calibration_there_is_nothing_to_keep() -> None:
    history = History.in_memory()
    _, events = cancelled(plan("threads x2"), lambda: FakeBench(hanging="calibrate"), store=history)
    last = events[-1]
    assert isinstance(last, SweepEnded) and last.interrupted
    assert {r.status for r in last.sweep.runs} == {"interrupted"}
    assert history.count() == 0


def test_an_error_of_the_listener_stops_the_sweep() -> None:
    def listen(event: LabEvent) -> None:
        if isinstance(event, TrialEnded):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(conduct(plan("threads x2"), listen, child=FakeBench(steady)))


def test_the_document_of_a_sweep_is_json_and_back() -> None:
    sweep, _ = run(plan("threads x2"), FakeBench(steady, failing={"threads x2": RAISED}))
    document = sweep.to_json()
    assert document["schema"] == "gil-tui/run/1"
    assert tuple(Run.from_json(item) for item in document["runs"]) == sweep.runs
