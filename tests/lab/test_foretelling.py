"""What a run with one worker foretells, read from runs as they are kept."""

from dataclasses import replace

import pytest

from gil_tui.bench.spec import Experiment
from gil_tui.lab.judge import bounds_at, judged_run, judged_sweep, run_facts
from gil_tui.lab.records import Host, Run, Trial
from tests.lab.test_judge import BASELINE, HOST, run


def curve(fits: object, executor: str) -> dict[int, float]:
    assert isinstance(fits, tuple)
    return next(dict(fit["curve"]) for fit in fits if (fit["executor"], fit["model"]) == (executor, "bound"))


def with_figures(kept: Run, **figures: float) -> Run:
    def told(trial: Trial) -> Trial:
        assert trial.result
        return replace(trial, result=replace(trial.result, figures=figures))

    return replace(kept, trials=tuple(map(told, kept.trials)))


def test_one_worker_foretells_before_the_sweep_has_run() -> None:
    begun = replace(BASELINE, trials=BASELINE.trials[:1])
    fits = bounds_at([begun, replace(run("processes", 8, 1.0), trials=())], 4.0)
    assert curve(fits, "processes")[4] == pytest.approx(4.0, rel=0.05)
    assert curve(fits, "processes")[8] == pytest.approx(4.0, rel=0.05)
    assert curve(bounds_at([begun], 64.0), "processes")[8] == pytest.approx(8.0, rel=0.05)


def test_several_workers_foretell_nothing() -> None:
    assert bounds_at([run("threads", 2, 1.0)], 8.0) == ()


def test_only_what_is_asked_for_is_foretold() -> None:
    (fit,) = bounds_at([BASELINE], 4.0, ["processes:spawn"])
    assert (fit["executor"], fit["workload"], fit["python"]) == (
        "processes:spawn",
        "countdown",
        "CPython 3.13.0",
    )
    judged = [judged_run(one, BASELINE) for one in (BASELINE, run("dask", 2, 1.0))]
    assert "dask" in {fit["executor"] for fit in bounds_at(judged, 4.0)}


def test_how_long_a_lock_is_held_is_taken_from_the_workload() -> None:
    locked = with_figures(BASELINE, lock_held_s=1.0)
    assert run_facts(locked).lock_s == pytest.approx(1.0 / 40)
    assert run_facts(BASELINE).lock_s is None
    assert curve(bounds_at([locked], 4.0), "free-threaded")[8] == pytest.approx(2.0, rel=0.05)


def test_a_sweep_has_its_laws_and_its_bounds() -> None:
    kept = [BASELINE, *(run("processes", count, 2.0 / count) for count in (1, 2, 4))]
    sweep = judged_sweep("s", HOST, [judged_run(one, BASELINE) for one in kept])
    laws = [fit["model"] for fit in sweep.fits if fit["executor"] == "processes"]
    assert len(laws) == 2 and "bound" in laws
    assert sweep.best is not None and sweep.best["workers"] == 4


def test_memory_and_hand_over_reach_the_verdict() -> None:
    host = replace(HOST, memory_available_bytes=1 << 30, memory_limited_by="cgroup")
    facts = run_facts(replace(BASELINE, host=host, handover_s={"0": 1e-4, "1000000": 2e-3}))
    assert (facts.available_bytes, facts.handover_s) == (1 << 30, 1e-4)
    assert len(facts.walls_s) == 6


def test_hosts_kept_before_their_memory_was_asked_for() -> None:
    document = HOST.to_json()
    del document["memory_available_bytes"], document["memory_limited_by"]
    assert Host.from_json(document).memory_available_bytes is None
    assert run_facts(Run(Experiment("w", "threads"), HOST, "", "s")).available_bytes is None
