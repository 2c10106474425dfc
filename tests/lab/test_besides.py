"""What a sweep finds out besides times: hand-over, counters, calls, and what cannot run at all."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gil_tui.bench.spec import Experiment, Job
from gil_tui.history import History
from gil_tui.lab.conduct import ELSEWHERE, FIRST_ONLY, conduct
from gil_tui.lab.events import Calibrating, LabEvent, RunEnded, TrialEnded
from gil_tui.lab.plan import Plan
from gil_tui.lab.records import Run, Sweep
from tests.lab.fake_bench import HANDOVER_S, FakeBench
from tests.lab.test_conduct import RAISED, by_label, of, plan, run, steady

COUNTED = {"task_clock_s": 0.9, "context_switches": 100.0}
MISSING_NUMPY = {"kind": "unavailable", "message": "numpy_ufunc needs numpy: pip install numpy"}


def kinds(bench: FakeBench, kind: str) -> list[str]:
    return [job.experiment.label for job in bench.jobs if job.kind == kind]


def counted_if_asked(job: Job) -> dict[str, Any]:
    return {"counters": COUNTED if job.counters else None}


def test_handing_over_is_measured_once_for_each_kind_of_pool() -> None:
    made = plan("threads x4", "threads x2", "processes x2", "processes x4")
    spawn = replace(made.experiments[3], start_method="spawn")
    bench = FakeBench(steady, handovers={"processes x2": {"0": 1e-4}})
    sweep, events = run(replace(made, experiments=(*made.experiments, spawn)), bench)
    assert kinds(bench, "handover") == ["threads x2", "processes x2", "processes:spawn x2"]
    runs = by_label(sweep)
    assert runs["sequential"].handover_s is None and runs["sequential"].handover_why == ""
    assert runs["threads x2"].handover_s == runs["threads x4"].handover_s == HANDOVER_S
    assert runs["processes x4"].handover_s == {"0": 1e-4}
    assert {len(r.trials) for r in sweep.runs} == {6}, "it is no trial"
    told = [event.handover.label for event in of(Calibrating, events) if event.handover]
    assert told == kinds(bench, "handover")


def test_it_is_measured_after_the_first_round_even_where_that_is_the_only_one() -> None:
    history = History.in_memory()
    bench = FakeBench(steady)
    sweep, _ = run(plan("threads x2", repeats=1, at_least=1), bench, store=history)
    assert [job.kind for job in bench.jobs] == ["calibrate", "trial", "trial", "handover"]
    kept = history.run(sweep.runs[1].id or 0)
    assert kept.handover_s == HANDOVER_S and kept == sweep.runs[1]


def test_a_hand_over_that_fails_costs_its_own_figure_alone() -> None:
    failure = {"kind": "timeout", "message": "not finished after 60 s (--timeout)"}
    sweep, _ = run(plan("threads x2", "processes x2"), FakeBench(steady, handovers={"threads x2": failure}))
    runs = by_label(sweep)
    assert {r.status for r in sweep.runs} == {"done"}
    assert (runs["threads x2"].handover_s, runs["threads x2"].handover_why) == (None, failure["message"])
    assert runs["processes x2"].handover_s == HANDOVER_S


def test_pools_that_do_not_work_hand_nothing_over() -> None:
    bench = FakeBench(steady, failing={"threads x2": RAISED})
    sweep, _ = run(plan("threads x2", "threads x4"), bench)
    assert kinds(bench, "handover") == ["threads x4"]
    assert by_label(sweep)["threads x2"].handover_s is None


@pytest.mark.parametrize("told", [None, {}, "3 ms", {"0": "3 ms"}, {"0": None}])
def test_an_answer_that_is_none_is_no_figure(told: Any) -> None:
    class Odd(FakeBench):
        def _handover(self, label: str, on_event: Any) -> Any:
            report = super()._handover(label, on_event)
            return replace(report, answer={"event": "handed_over", "handover_s": told})

    sweep, _ = run(plan("threads x2"), Odd(steady))
    assert sweep.runs[1].handover_s is None and sweep.runs[1].handover_why


def test_what_one_call_costs_is_known_of_every_run() -> None:
    sweep, _ = run(plan("threads x2"))
    assert {(r.call_s, r.call_repeats) for r in sweep.runs} == {(2e-5, 5)}


def test_the_first_trial_of_a_run_carries_counters() -> None:
    bench = FakeBench(steady, beside=counted_if_asked)
    sweep, _ = run(plan("threads x2"), bench)
    for r in sweep.runs:
        first, *others = r.results
        assert first.counters == COUNTED
        assert {(one.counters, one.counters_why) for one in others} == {(None, FIRST_ONLY)}
        assert (r.counters, r.counters_why) == (COUNTED, "")


def test_what_the_host_refuses_is_not_asked_for_again() -> None:
    def refused(job: Job) -> dict[str, Any]:
        return {"counters_why": "perf is not installed"} if job.counters else {}

    bench = FakeBench(steady, beside=refused)
    sweep, _ = run(plan("threads x2"), bench)
    assert [job.counters for job in bench.jobs if job.kind == "trial"] == [True] + 11 * [False]
    assert {result.counters_why for r in sweep.runs for result in r.results} == {"perf is not installed"}
    assert {(r.counters, r.counters_why) for r in sweep.runs} == {(None, "perf is not installed")}


def test_workers_of_another_cluster_are_not_counted_here() -> None:
    made = plan("threads x2")
    dask = replace(made.experiments[1], executor="dask", cluster="tcp://a:1")
    bench = FakeBench(steady, beside=counted_if_asked)
    sweep, _ = run(replace(made, experiments=(made.experiments[0], dask)), bench)
    assert sweep.runs[1].counters is None and sweep.runs[1].counters_why == ELSEWHERE
    assert sweep.runs[0].counters == COUNTED


def test_figures_and_notes_of_the_trials_are_the_runs() -> None:
    walls = iter(range(100))

    def beside(job: Job) -> dict[str, Any]:
        return {
            "figures": {"pings_p99_s": 0.001 * next(walls), "requests": 40},
            "notes": ["BLAS threads are pinned to 1"],
            "gil_enabled_by": "oldmodule",
        }

    sweep, _ = run(plan(), FakeBench(steady, beside=beside))
    r = sweep.runs[0]
    assert r.figures == {"pings_p99_s": pytest.approx(0.0025), "requests": 40}
    assert r.notes.count("BLAS threads are pinned to 1") == 1
    assert r.gil_enabled_by == "oldmodule"
    assert Run.from_json(r.to_json()) == r
    document = r.to_json()
    assert document["figures"] == r.figures and document["gil_enabled_by"] == "oldmodule"


def lacks(*labels: str) -> Any:
    def of_these(experiments: Iterable[Experiment]) -> Mapping[Experiment, str]:
        return {one: f"{one.executor} needs more" for one in experiments if one.label in labels}

    return of_these


def test_what_is_known_to_lack_something_is_told_and_kept_and_not_run() -> None:
    history = History.in_memory()
    bench = FakeBench(steady)
    sweep, events = run(
        plan("threads x2", "interpreters x2"), bench, lacks=lacks("interpreters x2"), store=history
    )
    runs = by_label(sweep)
    assert {label: r.status for label, r in runs.items()} == {
        "sequential": "done",
        "threads x2": "done",
        "interpreters x2": "unavailable",
    }
    lacking = runs["interpreters x2"]
    assert lacking.failure is not None and lacking.failure["message"] == "interpreters needs more"
    assert (lacking.trials, lacking.verdict) == ((), None)
    assert "interpreters x2" not in kinds(bench, "trial") + kinds(bench, "handover")
    assert of(RunEnded, events)[0].run.experiment.label == "interpreters x2"
    assert history.run(lacking.id or 0).status == "unavailable"
    assert sweep.verdict is not None and "interpreters" not in sweep.verdict.sentence


def test_a_first_run_that_lacks_something_does_not_keep_the_others_from_being_calibrated() -> None:
    made = plan("interpreters x2", "threads x4")
    bench = FakeBench(steady)
    sweep, _ = run(replace(made, experiments=made.experiments[1:]), bench, lacks=lacks("interpreters x2"))
    assert [r.status for r in sweep.runs] == ["unavailable", "done"]
    assert [job.experiment.label for job in bench.jobs if job.kind == "calibrate"] == ["threads x4"]


@pytest.mark.parametrize("when", ["calibrate", "threads x2"])
def test_what_the_child_finds_missing_is_unavailable_too(when: str) -> None:
    history = History.in_memory()
    sweep, events = run(plan("threads x2"), FakeBench(steady, failing={when: MISSING_NUMPY}), store=history)
    lacking = sweep.runs[1]
    assert (lacking.status, lacking.trials, lacking.failure) == ("unavailable", (), MISSING_NUMPY)
    assert history.run(lacking.id or 0) == lacking
    assert all(event.run.experiment.label != "threads x2" for event in of(TrialEnded, events))
    if when == "calibrate":
        assert (sweep.runs[0].status, sweep.verdict) == ("unavailable", None)


def test_nothing_at_all_can_run() -> None:
    sweep, _ = run(plan("threads x2"), lacks=lacks("sequential", "threads x2"))
    assert {r.status for r in sweep.runs} == {"unavailable"}
    assert (sweep.verdict, sweep.best) == (None, None)


@pytest.mark.parametrize(("kind", "kept"), [("usage", 0), ("import", 0), ("missing", 0), ("raised", 2)])
def test_a_slip_of_the_pen_leaves_no_rows(kind: str, kept: int) -> None:
    history = History.in_memory()
    failure = {"kind": kind, "message": "no function rendr; did you mean render?", "traceback": ""}
    sweep, _ = run(plan("threads x2"), FakeBench(failing={"calibrate": failure}), store=history)
    assert {r.status for r in sweep.runs} == {"failed"}
    assert {(r.failure or {})["message"] for r in sweep.runs} == {failure["message"]}
    assert {r.trials[0].stderr for r in sweep.runs} == {"on stderr\n"}
    assert history.count() == kept


def test_a_sweep_is_kept_with_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History.in_memory()
    sweep, _ = run(plan("threads x2", "processes x2"), store=history)
    assert history.judged_sweep(sweep.id) == sweep
    assert sweep.verdict is not None
    nothing, _ = run(plan("threads x2"), lacks=lacks(), store=None)
    assert history.judged_sweep(nothing.id) is None


def test_an_interrupted_sweep_is_kept_as_far_as_it_came() -> None:
    history = History.in_memory()
    events: list[LabEvent] = []

    async def cancel() -> None:
        bench = FakeBench(steady, hanging="threads x2")
        task = asyncio.create_task(conduct(plan("threads x2"), events.append, history, child=bench))
        await bench.hangs.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    row = history.rows()[0]
    kept = history.judged_sweep(row.sweep_id)
    assert isinstance(kept, Sweep) and [r.status for r in kept.runs] == ["interrupted"]


def test_variants_of_one_interpreter_are_judged_apart() -> None:
    from gil_tui.lab.judge import run_facts

    made = plan("threads x2")
    without = Plan(tuple(replace(one, gil=False) for one in made.experiments), seed=3)
    sweep, _ = run(replace(made, experiments=(*made.experiments, *without.experiments)))
    facts = [run_facts(r) for r in sweep.runs]
    assert len({one.work for one in facts}) == 2
    assert [one.python for one in facts[1:3]] == ["CPython 3.13.0", "CPython 3.13.0 +nogil"]
