import json
from dataclasses import replace
from typing import Any

import pytest

from gil_tui.bench.spec import Experiment, PythonFacts, TrialResult
from gil_tui.lab.judge import judge_sweep, judged_run, judged_sweep, observed, run_facts
from gil_tui.lab.records import Host, Run, Trial
from gil_tui.watch.frames import Frame, ProcessFrame, ThreadFrame
from tests.lab.fake_bench import PYTHON, result
from tests.lab.test_watching import frame

HOST = Host("web-01", "Linux 6.1", "x86_64", 4, 4.0, "online", 1 << 30)


def trials(wall_s: float, **options: Any) -> tuple[Trial, ...]:
    made = TrialResult.from_json(result(wall_s))
    return tuple(Trial(number, replace(made, wall_s=wall_s + number / 1e4), **options) for number in range(6))


def run(executor: str, workers: int, wall_s: float, **options: Any) -> Run:
    experiment = Experiment("countdown", executor, workers, "/a/python", 1000, 40)
    facts = PythonFacts.from_json(PYTHON)
    return Run(
        experiment, HOST, "", "s", status="done", python=facts, trials=trials(wall_s, **options), seed=1
    )


BASELINE = run("sequential", 1, 2.0)


def test_facts_are_medians_over_the_trials() -> None:
    judged = judged_run(run("processes", 4, 0.5), BASELINE)
    facts = run_facts(judged)
    assert (facts.label, facts.workers, facts.trials, facts.marked) == ("processes x4", 4, 6, 0)
    assert facts.python == "CPython 3.13.0"
    assert facts.units == 40_000
    assert facts.startup_s == 0.01
    assert facts.task_s == 0.02
    assert facts.cores_used == pytest.approx(1.0, abs=0.01)
    assert facts.speedup is not None and facts.speedup.median == pytest.approx(4.0, abs=0.01)
    assert facts.gil_enabled is True
    assert facts.peak_bytes is None


def test_runs_of_the_same_work_can_be_compared_and_no_others() -> None:
    same = run_facts(BASELINE).work
    assert run_facts(run("threads", 2, 1.0)).work == same
    other = replace(BASELINE, experiment=replace(BASELINE.experiment, size=999))
    assert run_facts(other).work != same


def test_a_run_knows_which_others_do_the_same_work_in_another_way() -> None:
    def facts(workload: str) -> tuple[str, str]:
        found = run_facts(replace(BASELINE, experiment=replace(BASELINE.experiment, workload=workload)))
        return found.family, found.unit

    assert facts("loop_python") == facts("loop_c_released") == ("extension", "numbers hashed")
    assert facts("countdown") == ("cpu", "decrements")
    assert facts("shop.py:render") == ("", "")


def test_disturbed_trials_are_counted_with_what_disturbed_most() -> None:
    facts = run_facts(run("threads", 2, 1.0, marks=("steal 5 %", "throttled")))
    assert (facts.marked, facts.mark) == (6, "steal 5 %")


def test_a_run_without_trials_can_be_judged() -> None:
    empty = replace(run("threads", 2, 1.0), trials=(), status="interrupted", python=None)
    judged = judged_run(empty, None)
    assert judged.wall_s is None and judged.verdict is not None
    assert judged.verdict.code == "unsure"


def test_the_sweep_names_the_best() -> None:
    runs = [judged_run(one, BASELINE) for one in (BASELINE, run("threads", 4, 2.0), run("processes", 4, 0.5))]
    sweep = judged_sweep("s", HOST, runs)
    assert sweep.best is not None
    assert (sweep.best["executor"], sweep.best["workers"]) == ("processes", 4)
    assert sweep.verdict is not None and "4 processes" in sweep.verdict.sentence


def seen(pids: tuple[int, ...], waits: str) -> Frame:
    shares = dict.fromkeys(("cpu", "run_queue", "gil", "lock", "network", "disk", "sleep", "idle"), 0.0)
    threads = tuple(
        ThreadFrame(pid, tid, "", shares | {waits: 1.0}, waits, schedules_per_s=9.0)
        for pid in pids
        for tid in (pid, 9)
    )
    return replace(frame(0.0, 1.0), threads=threads)


def seats(*places: tuple[int, int]) -> TrialResult:
    made = TrialResult.from_json(result(1.0))
    workers = tuple(replace(made.workers[0], pid=pid, tid=tid) for pid, tid in places)
    return replace(made, workers=workers)


@pytest.mark.parametrize(
    ("workers", "locked"),
    [
        (seats((1, 9)), 0.5),  # threads: the main one only hands out work
        (seats((1, 1), (1, 1)), 1.0),  # asyncio: everything is in the main thread
        (seats((2, 2)), 0.0),  # processes: nothing in the experiment's own process is a worker
    ],
)
def test_waits_of_those_who_only_hand_out_work_are_idle(workers: TrialResult, locked: float) -> None:
    document = observed([seen((1,), "lock")], 1, workers, helpers=True)
    assert document["threads"]["lock"] == locked
    assert document["threads"]["idle"] == 1 - locked


def test_the_other_threads_of_a_dask_worker_only_wait_for_tasks() -> None:
    document = observed([seen((1, 2), "network")], 1, seats((2, 9)), helpers=False)
    assert document["threads"]["io"] == 0.25  # the seat; not the event loop beside it, nor the client
    assert observed([seen((2,), "cpu")], 1, seats((2, 9)), helpers=False)["threads"]["cpu"] == 1.0


def test_a_helper_process_of_own_code_computes_but_does_not_wait() -> None:
    waiting = observed([seen((1, 2), "network")], 1, seats((1, 1)), helpers=False)["threads"]
    assert waiting["io"] == 0.5  # the worker and the other thread of its process; not those of process 2
    assert observed([seen((1, 2), "cpu")], 1, seats((1, 1)), helpers=False)["threads"]["cpu"] == 1.0


def test_a_sweep_under_way_has_a_verdict_and_less_confidence() -> None:
    runs = [judged_run(one, BASELINE) for one in (BASELINE, run("threads", 4, 0.5), run("threads", 2, 1.0))]
    done, best = judge_sweep(runs)
    early, _ = judge_sweep([*runs[:2], replace(runs[2], status="running")])
    assert best is not None
    assert (done.code, early.code) == ("scales", "scales")
    assert early.confidence < done.confidence


def test_what_was_watched_stands_beside_the_run() -> None:
    document = observed([seen((1,), "gil")], 1, seats((1, 1), (1, 9)), helpers=True)
    judged = judged_run(run("threads", 2, 2.0, observed=document), BASELINE)
    assert judged.threads is not None
    assert (judged.threads["gil"], judged.threads["count"]) == (1.0, 2.0)
    assert judged.gil is not None
    assert judged.gil["held"] == 0.9
    assert Run.from_json(json.loads(json.dumps(judged.to_json()))).verdict == judged.verdict


def test_helpers_are_not_of_the_subject_but_children_of_own_code_are() -> None:
    processes = tuple(
        ProcessFrame(pid, 1, "python", "CPython 3.13.0", False, 0.0, 0, None, 2) for pid in (1, 2)
    )
    both = replace(seen((1, 2), "cpu"), processes=processes)
    assert observed([both], 1, seats((1, 1)), helpers=True)["threads"]["count"] == 2
    assert observed([both], 1, seats((1, 1)), helpers=False)["threads"]["count"] == 4
