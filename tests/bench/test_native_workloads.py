"""zlib, SQLite, NumPy, pandas: what they compute, what they need, and that BLAS starts no threads."""

import importlib.util
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import find, load
from gil_tui.bench.workloads.native import Sqlite, Zlib
from gil_tui.bench.workloads.numeric import BLAS_VARIABLES, imported, set_blas_threads
from gil_tui.lab.interpreters import Interpreter
from tests.bench import children
from tests.bench.trials import trial, unlike

CHECKSUMS = {
    "zlib": [3876721552, 2768905884, 946285020],
    "sqlite": [2793173600, 4101391763, 3475422483],
    "numpy_matmul": [508177285, 2575149838, 2369906766],
    "numpy_ufunc": [1787010750, 1788771241, 1791551455],
    "pandas_groupby": [490561633, 3104426013, 3482828060],
}
"""Of tasks 0, 1 and 5 of size 3, under every interpreter and on every machine."""


@pytest.fixture(autouse=True)
def blas_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """As before after each test."""
    for name in BLAS_VARIABLES:
        monkeypatch.setenv(name, "7")


def loaded(name: str, knobs: Any = ()) -> Any:
    try:
        return load(name, knobs, ".")
    except JobError as failure:
        assert failure.kind == "unavailable"
        pytest.skip(failure.message)


@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksums_are_known(name: str) -> None:
    workload = loaded(name)
    assert [workload.run(3, number) for number in (0, 1, 5)] == CHECKSUMS[name]
    workload.close()


@pytest.mark.real
@pytest.mark.parametrize("name", ["zlib", "sqlite"])
def test_checksums_are_the_same_under_every_interpreter(name: str, interpreters: list[Interpreter]) -> None:
    for interpreter in unlike(interpreters):
        found = trial(workload=name, interpreter=interpreter.path, executor="threads", workers=2, tasks=6)
        assert [found.checksums[number] for number in (0, 1, 5)] == CHECKSUMS[name], interpreter


@pytest.mark.real
@pytest.mark.parametrize("name", CHECKSUMS)
@pytest.mark.parametrize(
    "spread",
    [
        {"executor": "threads"},
        {"executor": "processes", "start_method": "fork"},
        {"executor": "processes", "start_method": "spawn"},
    ],
    ids=str,
)
def test_checksums_are_the_same_however_tasks_are_spread(name: str, spread: dict[str, Any]) -> None:
    found = trial(workload=name, workers=2, tasks=6, **spread)
    assert [found.checksums[number] for number in (0, 1, 5)] == CHECKSUMS[name]


def test_what_zlib_compressed_comes_out_again_at_every_level() -> None:
    found = {load("zlib", (("level", level),), ".").run(2, 5) for level in (0, 1, 9)}
    assert found == {load("zlib", (), ".").run(2, 5)}
    assert len(Zlib({"level": 6}, {})._text) == 65536 - 8


def test_each_thread_has_a_connection_of_its_own_and_the_end_closes_all() -> None:
    workload = Sqlite({"rows": 100}, {})
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(workload.run(2, 3))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [workload.run(2, 3)] * 3
    assert workload.run(2, 3) == found[0]
    assert len(workload._connections) == 4
    workload.close()
    for connection in workload._connections:
        with pytest.raises(Exception, match="closed"):
            connection.execute("SELECT 1")


def test_queries_ask_for_different_rows_and_as_many() -> None:
    workload = Sqlite({"rows": 1000}, {})
    assert len({workload.run(1, number) for number in range(50)}) == 50
    workload.close()


def test_a_python_without_sqlite_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "_sqlite3" else object())
    with pytest.raises(JobError) as caught:
        load("sqlite", (), ".")
    assert caught.value.kind == "unavailable"
    assert caught.value.message.startswith("sqlite needs the module sqlite3")
    assert "apt-get install libsqlite3-dev" in caught.value.message


@pytest.mark.parametrize("name", ["numpy_matmul", "numpy_ufunc", "pandas_groupby"])
def test_without_the_package_the_workload_is_unavailable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(JobError) as caught:
        load(name, (), ".")
    entry = find(name)
    assert entry is not None
    assert entry.extra == "native"
    assert caught.value.kind == "unavailable"
    assert caught.value.message == (
        f"{name} needs {' and '.join(entry.needs)}: {sys.executable} -m pip install {' '.join(entry.needs)}"
    )


def test_a_package_that_is_there_and_broken_is_unavailable_too(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "broken_numpy.py").write_text("raise ImportError('built for another Python')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(JobError) as caught:
        imported("broken_numpy")
    assert caught.value.kind == "unavailable"
    assert "built for another Python" in caught.value.message


def test_blas_threads_are_set_and_let_go() -> None:
    set_blas_threads(3)
    assert {os.environ[name] for name in BLAS_VARIABLES} == {"3"}
    set_blas_threads(0)
    assert not set(BLAS_VARIABLES) & set(os.environ)


@pytest.mark.parametrize(
    ("threads", "note"),
    [
        (1, "BLAS is pinned to 1 thread a process: blas_threads=0 lets it go"),
        (4, "BLAS is pinned to 4 threads a process: blas_threads=0 lets it go"),
        (0, "BLAS uses as many threads as it wants, beside the workers: blas_threads=1 pins it"),
    ],
)
def test_what_blas_may_use_is_said(threads: int, note: str) -> None:
    assert loaded("numpy_matmul", (("blas_threads", threads),)).notes == (note,)


@pytest.mark.real
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
@pytest.mark.parametrize("start_method", ["fork", "spawn"])
@pytest.mark.parametrize("blas_threads", [1, 0])
def test_blas_is_pinned_in_every_process_before_numpy_is_loaded(start_method: str, blas_threads: int) -> None:
    child = children.start(
        workload="numpy_matmul",
        executor="processes",
        start_method=start_method,
        workers=2,
        size=20,
        tasks=20,
        knobs=(("blas_threads", blas_threads),),
    )
    try:
        children.wait_until(lambda: len(child.events) > 1, "a second event")
        if child.last.get("kind") == "unavailable":
            pytest.skip(child.last["message"])
        pids = child.wait_for("started")["worker_pids"]
        threads = [len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids]
        several = blas_threads == 0 and len(os.sched_getaffinity(0)) > 1
        assert [count > 1 for count in threads] == [several, several]
    finally:
        child.wait()
    assert child.last["event"] == "finished"


@pytest.mark.parametrize(
    ("name", "knobs", "says"),
    [
        ("zlib", (("level", 10),), "level of zlib must be 0 to 9, not 10"),
        ("sqlite", (("rows", 0),), "rows of sqlite must be 1 to 10000000, not 0"),
        ("numpy_matmul", (("rows", 0),), "rows of numpy_matmul must be 1 to"),
        ("numpy_matmul", (("blas_threads", 2000),), "blas_threads of numpy_matmul must be 0 to"),
        ("numpy_ufunc", (("length", 0),), "length of numpy_ufunc must be 1 to"),
        ("pandas_groupby", (("groups", 0),), "groups of pandas_groupby must be 1 to"),
    ],
)
def test_knobs_that_cannot_be(name: str, knobs: Any, says: str) -> None:
    with pytest.raises(JobError) as caught:
        load(name, knobs, ".")
    if caught.value.kind == "unavailable":
        pytest.skip(caught.value.message)
    assert caught.value.kind == "usage"
    assert says in caught.value.message
