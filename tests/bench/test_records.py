"""The contract's classes are the same on both sides, though the child makes its own kind of records."""

import dataclasses
import json
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench import plain, spec

FOLDER = Path(spec.__file__).parent
CHILD = "gil_tui_bench"

EXPERIMENT = spec.Experiment(
    "http", "threads", 4, "/usr/bin/python3", 2, 40, None, 0.01, (("latency_ms", 5.0),)
)
JOB = spec.Job("trial", EXPERIMENT, 5, 6, 4, 0.5, "/home/me", False)
RESULT = spec.TrialResult(
    wall_s=1.5,
    startup_s=0.1,
    cpu_s=1.0,
    throughput_per_s=20.0,
    latency_s={"p50": 0.1},
    workers=(spec.WorkerResult(0, 10, 11, 30, 1.4, 1.0),),
    peak_pss_bytes=None,
    context_switches={"voluntary": 1, "involuntary": 2},
    work_start_s=1.0,
    work_end_s=2.5,
    checksums=(1, 2),
)


@pytest.fixture
def of_child() -> Iterator[Any]:
    """`spec` as the child imports it."""
    package = types.ModuleType(CHILD)
    package.__path__ = [str(FOLDER)]
    sys.modules[CHILD] = package
    import importlib

    yield importlib.import_module(CHILD + ".spec")
    for name in [name for name in sys.modules if name.partition(".")[0] == CHILD]:
        del sys.modules[name]


def test_both_sides_have_the_same_fields(of_child: Any) -> None:
    for name in ("Knob", "Experiment", "Job", "PythonFacts", "WorkerResult", "TrialResult"):
        ours, theirs = getattr(spec, name), getattr(of_child, name)
        assert dataclasses.is_dataclass(ours)
        assert not dataclasses.is_dataclass(theirs)
        assert [field.name for field in dataclasses.fields(ours)] == list(theirs.__annotations__)


@pytest.mark.parametrize(
    "record", [EXPERIMENT, JOB, RESULT, spec.PythonFacts("cpython", "3.8.1", "/p", False, True)]
)
def test_a_record_survives_the_way_to_the_other_side_and_back(of_child: Any, record: Any) -> None:
    kind = type(record).__name__
    theirs = getattr(of_child, kind).from_json(json.loads(json.dumps(record.to_json())))
    assert repr(theirs) == repr(record)
    assert getattr(spec, kind).from_json(json.loads(json.dumps(theirs.to_json()))) == record


def test_unknown_keys_are_ignored_on_both_sides(of_child: Any) -> None:
    document = {**EXPERIMENT.to_json(), "colour": "red"}
    assert spec.Experiment.from_json(document) == EXPERIMENT
    assert of_child.Experiment.from_json(document).workload == "http"


def test_plain_records_are_frozen_and_checked() -> None:
    @plain.dataclass(frozen=True)
    class Point:
        x: int
        y: int = 2

    make: Any = Point
    point = make(1)
    assert (point, hash(point)) == (make(1, y=2), hash(make(1, 2)))
    assert point != make(1, 3)
    assert plain.asdict(point) == {"x": 1, "y": 2}
    wrong: list[tuple[list[int], dict[str, int]]] = [([], {}), ([1, 2, 3], {}), ([1], {"z": 3})]
    for args, kwargs in wrong:
        with pytest.raises(TypeError):
            make(*args, **kwargs)
    with pytest.raises(AttributeError):
        point.x = 5
    with pytest.raises(ValueError, match="frozen"):
        plain.dataclass(frozen=False)


def test_the_child_starts_without_what_is_slow_to_import() -> None:
    """Everything up to the built-in workloads, under an interpreter that has imported nothing."""
    slow = "dataclasses typing inspect ctypes asyncio concurrent multiprocessing http subprocess tempfile"
    program = (
        "import sys, types\n"
        f"package = types.ModuleType({CHILD!r}); package.__path__ = [{str(FOLDER)!r}]\n"
        f"sys.modules[{CHILD!r}] = package\n"
        f"import {CHILD}.child, {CHILD}.session, {CHILD}.executors.sequential, {CHILD}.workloads.cpu\n"
        "print([name for name in sys.argv[1:] if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *slow.split()], capture_output=True, text=True, timeout=60
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
