from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.bench.spec import Experiment, Knob
from gil_tui.lab.availability import Availability
from gil_tui.lab.errors import UsageError
from gil_tui.lab.interpreters import Interpreter, default_interpreter
from gil_tui.lab.knobs import known_workloads
from gil_tui.lab.plan import Plan, plan_sweep, rounds, work_of

PY = Interpreter("/a/python", "cpython", "3.13.0", False, "3.13", "path")
OTHER = Interpreter("/b/python", "cpython", "3.12.0", False, "3.12", "path")
CATALOGUE = {
    "countdown": (),
    "http": (Knob("latency_ms", 20.0, "ms", ""), Knob("keep", False, "", ""), Knob("ports", 1, "", "")),
    "files": (Knob("folder", "/tmp", "", ""),),
}


def plan(
    workloads: tuple[str, ...] = ("countdown",),
    executors: tuple[str, ...] = ("threads",),
    workers: tuple[int, ...] = (2,),
    **options: Any,
) -> Plan:
    options = {"interpreters": [PY], "known": CATALOGUE} | options
    return plan_sweep(workloads, executors, workers, options.pop("interpreters"), **options)


def labels(made: Plan) -> list[str]:
    return [experiment.label for experiment in made.experiments]


def test_the_baseline_comes_first_and_the_rest_in_the_order_asked_for() -> None:
    made = plan(executors=("processes:spawn", "threads"), workers=(4, 2))
    assert labels(made) == [
        "sequential",
        "processes:spawn x2",
        "processes:spawn x4",
        "threads x2",
        "threads x4",
    ]
    assert made.experiments[1] == Experiment("countdown", "processes", 2, "/a/python", start_method="spawn")


def test_every_workload_and_interpreter_has_its_own_baseline() -> None:
    made = plan(("countdown", "files"), interpreters=[PY, OTHER])
    assert [(work_of(e), e.label) for e in made.experiments] == [
        ((workload, path), label)
        for workload in ("countdown", "files")
        for path in ("/a/python", "/b/python")
        for label in ("sequential", "threads x2")
    ]


def test_what_is_asked_for_twice_is_run_once() -> None:
    made = plan(("countdown",) * 2, ("threads", "sequential", "threads"), (2, 2), interpreters=[PY, PY])
    assert labels(made) == ["sequential", "threads x2"]


def test_all_settings_reach_every_experiment() -> None:
    made = plan(size=7, tasks=3, switch_interval_s=0.001, seed=5, timeout_s=9.0, watch=False, directory="x")
    assert {(e.size, e.tasks) for e in made.experiments} == {(7, 3)}
    assert [e.switch_interval_s for e in made.experiments] == [None, 0.001]
    assert (made.seed, made.timeout_s, made.watch) == (5, 9.0, False)
    assert made.directory == str(Path.cwd() / "x")


def test_without_an_interpreter_it_is_the_default_one() -> None:
    assert plan(interpreters=[]).experiments[0].interpreter == default_interpreter().path


def test_fewer_repeats_lower_both_limits() -> None:
    assert (plan().repeats, plan().at_least) == (12, 6)
    assert (plan(repeats=20).repeats, plan(repeats=20).at_least) == (20, 6)
    assert (plan(repeats=3).repeats, plan(repeats=3).at_least) == (3, 3)


def test_pypy_is_warmed_up_for_a_second() -> None:
    pypy = Interpreter("/c/pypy3", "pypy", "3.9.16", False, "pypy3.9", "path")
    assert plan(interpreters=[PY, pypy]).warmup_s == {"/c/pypy3": 1.0}


def test_one_binary_switched_is_another_interpreter() -> None:
    free = Interpreter("/d/python3.13t", "cpython", "3.13.5", True, "3.13t", "opt")
    switched = replace(free, gil=True, label="3.13t+gil")
    pypy = Interpreter(
        "/c/pypy3", "pypy", "3.9.16", False, "pypy3.9+nojit", "path", jit=False, built_jit=True
    )
    made = plan(interpreters=[free, switched, pypy])
    assert [(work_of(e)[1], e.gil, e.jit) for e in made.experiments if e.executor == "sequential"] == [
        ("/d/python3.13t", None, None),
        ("/d/python3.13t+gil", True, None),
        ("/c/pypy3+nojit", None, False),
    ]
    assert made.warmup_s == {"/c/pypy3+nojit": 1.0}


def test_each_switch_interval_is_an_experiment_beside_one_baseline() -> None:
    made = plan(executors=("threads", "sequential"), workers=(4, 2), switch_interval_s=[0.005, 0.0005])
    assert labels(made) == [
        "sequential",
        "threads@5ms x2",
        "threads@5ms x4",
        "threads@0.5ms x2",
        "threads@0.5ms x4",
    ]
    assert made.experiments[0].switch_interval_s is None


def test_a_cluster_turns_dask_on_and_is_nobody_elses() -> None:
    made = plan(cluster="tcp://10.0.0.7:8786", workers=(1,))
    assert [(e.executor, e.cluster) for e in made.experiments] == [
        ("sequential", None),
        ("threads", None),
        ("dask", "tcp://10.0.0.7:8786"),
    ]


@pytest.mark.parametrize("text", ['[1, "x"]', '{"rows": 3}', ""])
def test_arguments_of_own_code_are_json(text: str) -> None:
    assert plan(("shop.py:f", "countdown"), knobs={"args": text}).experiments[0].knobs == (("args", text),)


def test_what_one_interpreter_lacks_is_planned_and_what_all_lack_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask(name: str, one: Interpreter) -> Availability:
        lacking = name in ("http", "asyncio") and one is not PY
        return Availability("needs numpy", f"{one.path} -m pip install numpy") if lacking else Availability()

    monkeypatch.setattr("gil_tui.lab.plan.workload_availability", ask)
    monkeypatch.setattr("gil_tui.lab.plan.executor_availability", ask)
    assert len(plan(("http",), ("asyncio",), interpreters=[PY, OTHER]).experiments) == 4
    for workloads, executors in ((("http",), ("threads",)), (("countdown",), ("threads", "asyncio"))):
        with pytest.raises(UsageError, match=r"needs numpy, not to be had on 3\.12: /b/python -m pip"):
            plan(workloads, executors, interpreters=[OTHER])


def test_a_seed_is_drawn_where_none_is_given() -> None:
    assert len({plan().seed for _ in range(5)}) > 1


def test_knobs_take_the_type_of_their_default() -> None:
    made = plan(("http", "countdown"), knobs={"latency_ms": "5", "keep": "yes", "ports": "3"})
    assert dict(made.experiments[0].knobs) == {"latency_ms": 5.0, "keep": True, "ports": 3}
    assert made.experiments[-1].knobs == ()
    assert plan(("files",), knobs={"folder": "/x"}).experiments[0].knobs == (("folder", "/x"),)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"workloads": ("cuontdown",)}, "no workload 'cuontdown': did you mean countdown?"),
        ({"workloads": ("zzz",)}, "no workload 'zzz': known: countdown, files, http"),
        ({"workloads": ("shop.py",)}, "'shop.py' names no function: write shop.py:FUNCTION"),
        ({"workloads": (":render",)}, "':render': own code is package.module:function"),
        ({"workloads": ("shop:",)}, "'shop:': own code is package.module:function"),
        ({"workloads": ()}, "choose at least one workload"),
        ({"executors": ()}, "choose at least one executor"),
        ({"workers": ()}, "choose at least one worker count"),
        ({"executors": ("thread",)}, "no executor 'thread': did you mean threads or asyncio+threads?"),
        ({"executors": ("processes:spwan",)}, "no start method 'spwan': did you mean spawn?"),
        ({"executors": ("threads:spawn",)}, "only processes have start methods, as in processes:spawn"),
        ({"workers": (0,)}, "workers 0 is not possible: allowed is 1 to 1024"),
        ({"workers": (1_000_000,)}, "workers 1000000 is not possible: allowed is 1 to 1024 (more exhaust"),
        ({"workers": (-1,)}, "workers -1 is not possible"),
        ({"size": 0}, "size 0 is not possible: allowed is 1 or more"),
        ({"tasks": 10**6}, "tasks 1000000 is not possible: allowed is 1 to 100000"),
        ({"repeats": 0}, "repeats 0 is not possible"),
        ({"cluster": "nowhere"}, "a Dask scheduler has an address such as tcp://host:8786, not 'nowhere'"),
        ({"workloads": ("a.py:f",), "knobs": {"args": "[1,"}}, "args takes JSON, an array of arguments"),
        ({"workloads": ("a.py:f",), "knobs": {"args": "3"}}, 'such as {"size": 1}, not 3'),
        ({"workloads": ("a.py:f",), "knobs": {"arg": "3"}}, "a.py:f: no knob 'arg'; did you mean args?"),
        ({"switch_interval_s": [0.1, 0.0]}, "switch interval 0 s is not possible"),
        ({"timeout_s": 0.0}, "timeout 0 s is not possible: it must be above 0"),
        ({"timeout_s": float("nan")}, "timeout nan s is not possible"),
        ({"switch_interval_s": -1.0}, "switch interval -1 s is not possible"),
        (
            {"workloads": ("http",), "knobs": {"latency": 1}},
            "http: no knob 'latency'; did you mean latency_ms?",
        ),
        ({"knobs": {"latency_ms": 1}}, "countdown: no knob 'latency_ms'; none is known"),
        (
            {"workloads": ("http",), "knobs": {"latency_ms": "fast"}},
            "knob latency_ms takes a number (ms) from 0 on, not 'fast'",
        ),
        ({"workloads": ("http",), "knobs": {"latency_ms": "nan"}}, "takes a number (ms) from 0 on"),
        ({"workloads": ("http",), "knobs": {"ports": "1.5"}}, "takes a whole number from 0 on, not '1.5'"),
        ({"workloads": ("http",), "knobs": {"ports": -1}}, "takes a whole number from 0 on, not -1"),
        ({"workloads": ("http",), "knobs": {"keep": "maybe"}}, "takes yes or no, not 'maybe'"),
    ],
)
def test_what_is_not_possible_is_said_in_one_line(options: dict[str, Any], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(**options)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("own", ["shop.views:render", "a/b.py:run", "C:odd/[red]x.py:f"])
def test_own_code_is_taken_as_it_is(own: str) -> None:
    assert plan((own,)).experiments[0].workload == own


def test_the_built_in_workloads_are_known() -> None:
    assert {"countdown", "primes", "sha256", "sleep", "http"} <= set(known_workloads())
    assert plan(("sleep",), known=None).experiments[0].workload == "sleep"


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_every_round_runs_every_experiment_once(counts: int, repeats: int, seed: int) -> None:
    made = plan(workers=tuple(range(2, 2 + counts)), repeats=repeats, seed=seed)
    made_rounds = list(rounds(made))
    assert len(made_rounds) == repeats
    assert all(sorted(order) == list(range(len(made.experiments))) for order in made_rounds)
    assert list(rounds(made)) == made_rounds


def test_the_first_round_begins_with_the_baselines() -> None:
    made = plan(interpreters=[PY, OTHER], workers=(2, 3, 4), seed=1)
    baselines = {i for i, e in enumerate(made.experiments) if e.executor == "sequential"}
    assert set(next(rounds(made))[:2]) == baselines


def test_the_order_differs_between_rounds_and_seeds() -> None:
    made = plan(workers=tuple(range(1, 9)), seed=1)
    orders = list(rounds(made))
    assert len(set(orders)) == len(orders)
    assert orders != list(rounds(replace(made, seed=2)))
    followers = {b for order in orders for a, b in pairwise(order) if a == 0}
    assert len(followers) > 1
