"""One binary switched by the environment, and who switches it back: on the real interpreters of this host."""

import asyncio
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.spec import Experiment, Job, PythonFacts, TrialResult
from gil_tui.lab.child import environment_of, run_child
from gil_tui.lab.interpreters import Interpreter, variants

EXTENSION = """
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "needs_gil", NULL, 0, NULL};

PyMODINIT_FUNC
PyInit_needs_gil(void)
{
    return PyModuleDef_Init(&module);
}
"""
OWN = """
import warnings

def early(number):
    import needs_gil
    return number

def unheard(number):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import needs_gil
    return number

def heard(number):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import needs_gil
    if number == 0:
        print([str(one.message).split()[-1] for one in caught])
    return 0

def nothing(number):
    return number
"""


def converse(interpreter: Interpreter, **fields: Any) -> tuple[PythonFacts, TrialResult, str]:
    """What the child says of its Python, what it measured, and what it printed."""
    heard: list[Any] = []
    settings: dict[str, Any] = {"workload": "countdown", "executor": "sequential", "size": 10, "tasks": 4}
    settings |= fields | {"interpreter": interpreter.path, "gil": interpreter.gil, "jit": interpreter.jit}
    report = asyncio.run(run_child(Job("trial", Experiment(**settings), -1, -1), heard.append, 60))
    assert report.failure is None, report
    return PythonFacts.from_json(heard[0]["python"]), TrialResult.from_json(heard[-1]), report.stdout.text


@pytest.fixture(scope="module")
def free_threaded(interpreters: Sequence[Interpreter]) -> Interpreter:
    found = [one for one in interpreters if one.free_threaded]
    if not found:
        pytest.skip("no free-threaded interpreter on this host")
    return found[0]


@pytest.fixture(scope="module")
def own(free_threaded: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `own.py` and an extension module that says nothing of the GIL."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.py").write_text(OWN)
    (folder / "needs_gil.c").write_text(EXTENSION)
    asked = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'))"
    said = subprocess.run([free_threaded.path, "-c", asked], capture_output=True, text=True, check=True)
    include, suffix = said.stdout.split()
    if not (Path(include) / "Python.h").exists():
        pytest.skip(f"{free_threaded.path} has no Python.h to compile an extension module with")
    command = ["cc", "-shared", "-fPIC", f"-I{include}", "needs_gil.c", "-o", f"needs_gil{suffix}"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no C compiler on this host")
    return folder


def test_the_environment_switches_what_is_to_be_switched(monkeypatch: pytest.MonkeyPatch) -> None:
    def set_by(**switched: Any) -> dict[str, str]:
        names = ("PYTHON_GIL", "PYTHON_JIT", "PYPY_DISABLE_JIT")
        environment = environment_of(Experiment("countdown", "threads", **switched))
        assert environment["PYTHONHASHSEED"] == "0"
        return {name: environment[name] for name in names if name in environment}

    assert set_by() == {}
    assert set_by(gil=True) == {"PYTHON_GIL": "1"}
    assert set_by(gil=False, jit=False) == {"PYTHON_GIL": "0", "PYTHON_JIT": "0", "PYPY_DISABLE_JIT": "1"}
    monkeypatch.setenv("PYPY_DISABLE_JIT", "1")
    assert set_by(jit=True) == {"PYTHON_JIT": "1"}


@pytest.mark.real
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_the_gil_of_one_binary_off_and_on(free_threaded: Interpreter, executor: str) -> None:
    switched = variants(free_threaded)[0]
    assert switched.label == f"{free_threaded.label}+gil"
    for interpreter, enabled in ((free_threaded, False), (switched, True)):
        python, result, _ = converse(interpreter, executor=executor, workers=2)
        assert python.free_threaded
        assert python.gil_enabled is enabled
        assert [worker.gil_enabled for worker in result.workers] == [enabled, enabled]
        assert result.gil_enabled_by == ""


@pytest.mark.real
@pytest.mark.parametrize(
    ("executor", "start_method"),
    [
        ("sequential", None),
        ("threads", None),
        ("asyncio", None),
        ("processes", "fork"),
        ("processes", "spawn"),
    ],
)
def test_the_import_that_brings_the_gil_back_is_named(
    executor: str, start_method: str | None, own: Path, free_threaded: Interpreter
) -> None:
    for function in ("early", "unheard"):
        python, result, _ = converse(
            free_threaded,
            workload=f"{own}/own.py:{function}",
            executor=executor,
            start_method=start_method,
            workers=2,
            size=1,
        )
        assert python.gil_enabled is False
        assert all(worker.gil_enabled for worker in result.workers)
        assert result.gil_enabled_by == "needs_gil"


@pytest.mark.real
def test_nothing_is_named_where_nothing_was_imported_or_the_gil_is_kept_off(
    own: Path, free_threaded: Interpreter
) -> None:
    for interpreter, function in ((free_threaded, "nothing"), (replace(free_threaded, gil=False), "early")):
        python, result, _ = converse(interpreter, workload=f"{own}/own.py:{function}", size=1)
        assert not any(worker.gil_enabled for worker in result.workers)
        assert (python.gil_enabled, result.gil_enabled_by) == (False, "")


@pytest.mark.real
def test_the_warning_is_still_the_functions_own(own: Path, free_threaded: Interpreter) -> None:
    _, result, printed = converse(free_threaded, workload=f"{own}/own.py:heard", size=1)
    assert printed.splitlines()[0] == "['-Xgil=0.']"
    assert result.gil_enabled_by == "needs_gil"


@pytest.mark.real
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_jit_is_switched_for_worker_processes_too(
    executor: str, interpreters: Sequence[Interpreter]
) -> None:
    found = [one for one in interpreters if one.built_jit]
    if not found:
        pytest.skip("no interpreter with a JIT on this host")
    switched = next(one for one in variants(found[0]) if one.jit is False)
    assert switched.label == f"{found[0].label}+nojit"
    walls_s = []
    for interpreter in (found[0], switched):
        python, result, _ = converse(interpreter, executor=executor, size=1_000_000, tasks=4)
        assert python.jit is (interpreter is found[0])
        walls_s.append(result.wall_s)
    assert walls_s[1] > 2 * walls_s[0]
