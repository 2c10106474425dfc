"""The hot loop in six ways: one and the same result, what each needs, and what is said without it."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import WORKLOADS, compiled, extension, find, load
from gil_tui.lab.interpreters import Interpreter
from tests.bench.trials import trial, unlike

NAMES = [name for name, (file, _) in WORKLOADS.items() if file == "extension"]
CHECKSUMS = [2185423805, 913991713, 2070603348]
"""Of tasks 0, 1 and 5 of size 3."""

pytestmark = pytest.mark.usefixtures("compile_once")


def murmur(number: int) -> int:
    """MurmurHash3's finalizer, fmix32, as its author wrote it down."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        number = ((number ^ number >> shift) * factor) % 2**32
    return number


def ready(name: str, knobs: Any = ()) -> extension.Loop:
    try:
        workload = load(name, knobs, ".")
    except JobError as failure:
        assert failure.kind == "unavailable"
        pytest.skip(failure.message)
    workload.prepare()
    assert isinstance(workload, extension.Loop)
    return workload


def test_the_family_has_one_unit_so_that_its_members_compare() -> None:
    assert len(NAMES) == 6
    members = [member for member in map(find, NAMES) if member]
    assert {(member.family, member.size_unit) for member in members} == {("extension", "numbers hashed")}


@pytest.mark.parametrize("name", NAMES)
def test_all_hash_alike(name: str) -> None:
    workload = ready(name)
    assert [workload.run(3, number) for number in (0, 1, 5)] == CHECKSUMS
    assert workload.hashed(10, 100) == sum(map(murmur, range(10, 110))) % 2**32
    over_the_end = [*range(2**32 - 50, 2**32), *range(50)]
    assert workload.hashed(2**32 - 50, 100) == sum(map(murmur, over_the_end)) % 2**32
    workload.close()


def test_numpy_works_in_blocks_and_the_last_may_be_short() -> None:
    wanted = ready("loop_python").run(1000, 9)
    for block in (1, 7, 999, 1000, 1001):
        assert ready("loop_numpy", (("block", block),)).run(1000, 9) == wanted
    with pytest.raises(JobError, match="block of loop_numpy must be 1 to"):
        load("loop_numpy", (("block", 0),), ".")


@pytest.mark.parametrize("name", ["loop_c_held", "loop_cython"])
def test_workers_only_load_what_was_compiled_before(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ready(name)
    monkeypatch.setattr(compiled, "_call", lambda *_: pytest.fail("a worker compiles"))
    worker = load(name, (), ".", first.facts)
    assert worker.run(3, 0) == CHECKSUMS[0]


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
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
    assert [found.checksums[number] for number in (0, 1, 5)] == CHECKSUMS


@pytest.mark.real
@pytest.mark.parametrize("name", ["loop_python", "loop_c_released"])
def test_checksums_are_the_same_under_every_interpreter(name: str, interpreters: list[Interpreter]) -> None:
    for interpreter in unlike(interpreters):
        found = trial(workload=name, interpreter=interpreter.path, executor="threads", workers=2, tasks=6)
        assert [found.checksums[number] for number in (0, 1, 5)] == CHECKSUMS, interpreter


@pytest.mark.real
def test_without_a_gil_there_is_nothing_to_hold_and_that_is_said(interpreters: list[Interpreter]) -> None:
    free = next((one for one in interpreters if one.free_threaded), None)
    if free is None:
        pytest.skip("no free-threaded Python was found")
    held, released = (trial(workload=f"loop_c_{how}", interpreter=free.path) for how in ("held", "released"))
    assert held.checksums == released.checksums
    assert (held.notes, released.notes) == ((extension.NO_GIL,), ())


@pytest.mark.real
def test_pypy_cannot_hold_its_gil_through_ctypes(interpreters: list[Interpreter]) -> None:
    from tests.bench import children

    pypy = next((one for one in interpreters if one.implementation == "pypy"), None)
    if pypy is None:
        pytest.skip("no PyPy was found")
    child = children.run(workload="loop_c_held", interpreter=pypy.path, size=1, tasks=1)
    assert (child.last["event"], child.last["kind"]) == ("failed", "unavailable")
    assert child.last["message"] == (
        "loop_c_held needs ctypes.PyDLL, which PyPy does not have: use loop_c_released there"
    )


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("loop_c_held", "loop_c_released"):
        with pytest.raises(JobError) as caught:
            load(name, (), ".")
        assert caught.value.kind == "unavailable"
        assert caught.value.message == f"{name} needs a C compiler: sudo apt-get install gcc libc6-dev"
    assert compiled.lacks_compiler() == ("a C compiler", "sudo apt-get install gcc libc6-dev")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert compiled.lacks_compiler() == ("a C compiler", "xcode-select --install")


def test_missing_header_files_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiled, "_include_folder", lambda: str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert compiled.lacks_headers() == (
        f"Python.h in {tmp_path}",
        f"sudo apt-get install python{version}-dev",
    )
    monkeypatch.setattr(sys, "base_prefix", "/home/me/.pyenv/versions/3.x")
    assert compiled.lacks_headers() == (
        f"Python.h in {tmp_path}",
        f"install Python {version} anew with its header files",
    )
    (tmp_path / "Python.h").touch()
    assert compiled.lacks_headers() is None


def test_missing_modules_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def without(*names: str) -> Any:
        return lambda name, package=None: None if name in names else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without("Cython", "numpy", "_ctypes"))
    says = {
        "loop_cython": f"needs Cython: {sys.executable} -m pip install Cython",
        "loop_cython_nogil": f"needs Cython: {sys.executable} -m pip install Cython",
        "loop_numpy": f"needs numpy: {sys.executable} -m pip install numpy",
        "loop_c_held": "needs the module ctypes, which this Python was built without: sudo apt-get",
    }
    for name, message in says.items():
        with pytest.raises(JobError) as caught:
            load(name, (), ".")
        assert caught.value.kind == "unavailable"
        assert message in caught.value.message
    load("loop_python", (), ".")


def test_workers_on_another_host_are_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        load("loop_c_released", (), ".", {"library": str(tmp_path / "gone.so")})
    assert caught.value.kind == "unavailable"
    assert caught.value.message == "workers of loop_c_released must be on the host of the experiment"
