"""What a recommendation asks to be measured next, as experiments and as a command that can be pasted."""

import argparse
import shlex
from dataclasses import replace

import pytest

from gil_tui.commands.run import add_parser, plan_of
from gil_tui.lab.following import command_of, next_experiments
from gil_tui.lab.judge import judged_run, judged_sweep
from gil_tui.lab.records import Run, Sweep
from tests.lab.test_judge import BASELINE, HOST, run

EIGHT = replace(HOST, cpus=8, cpus_effective=8.0)


def a_sweep(*counts: int) -> Sweep:
    """Processes that scale as far as they were tried, on eight CPUs."""
    baseline = replace(BASELINE, host=EIGHT)
    runs = [baseline, *(replace(run("processes", count, 2.0 / count), host=EIGHT) for count in counts)]
    return judged_sweep("s", EIGHT, [judged_run(one, baseline) for one in runs])


def test_the_best_so_far_is_measured_beside_the_next_count() -> None:
    sweep = a_sweep(1, 2, 4)
    assert sweep.best and sweep.best["next_workers"] == [8]
    alone, four, eight = next_experiments(sweep.runs, sweep.best)
    assert (alone.executor, alone.workers, alone.size, alone.tasks) == ("sequential", 1, 1000, None)
    assert [(one.executor, one.workers, one.size) for one in (four, eight)] == [
        ("processes", 4, 1000),
        ("processes", 8, 1000),
    ]


def test_what_is_resolved_asks_for_nothing() -> None:
    sweep = a_sweep(1, 2, 4, 8)
    assert sweep.best and sweep.best["resolved"]
    assert next_experiments(sweep.runs, sweep.best) == ()
    assert next_experiments(sweep.runs, None) == ()
    assert command_of(()) == ""


def test_a_best_without_its_run_asks_for_nothing() -> None:
    best = {"executor": "processes", "workers": 4, "next_workers": [8]}
    assert next_experiments([BASELINE], best) == ()
    there: Run = run("processes", 4, 0.5)
    assert len(next_experiments([BASELINE, there], best)) == 3
    assert next_experiments([BASELINE, there], best | {"python": "PyPy 7.3"}) == ()


def test_the_command_plans_these_very_experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(
        run("processes", 4, 0.5).experiment,
        workload="my shop.py:render",
        start_method="spawn",
        switch_interval_s=0.0005,
        knobs=(("args", "[1, 2]"),),
    )
    best = {"executor": "processes:spawn@0.5ms", "workers": 4, "next_workers": [8, 16]}
    wanted = next_experiments([replace(run("processes", 4, 0.5), experiment=one)], best)
    command = command_of(wanted, one.interpreter)
    assert command == (
        "gil-tui run 'my shop.py:render' -e processes:spawn -w 4,8,16 --size 1000 "
        "--switch-interval 0.0005 --args '[1, 2]'"
    )
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    plan = plan_of(parser.parse_args(shlex.split(command)[1:]))
    planned = [replace(experiment, interpreter=one.interpreter) for experiment in plan.experiments]
    assert planned == list(wanted)


def test_another_interpreter_is_named() -> None:
    best = {"executor": "threads", "workers": 2, "next_workers": [4]}
    kept = run("threads", 2, 1.0)
    switched = replace(kept, experiment=replace(kept.experiment, gil=True, knobs=(("duration_ms", 5.0),)))
    command = command_of(next_experiments([switched], best), "/a/python")
    assert command.endswith("-w 2,4 -i /a/python+gil --size 1000 --set duration_ms=5.0")
