"""The cache of compiled extensions: filled once, shared, replaced where it is damaged, or done without."""

import ctypes
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench import guard
from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import compiled, extension, load
from gil_tui.bench.workloads.compiled import Library
from tests.bench import children

pytestmark = pytest.mark.skipif(not compiled.compiler(), reason="no C compiler on this host")

SOURCE = "int answer(void) { return %d; }\n"


@pytest.fixture
def cache(isolation: Path) -> Path:
    return isolation / "cache" / "gil-tui" / "extensions"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "answer.c"
    path.write_text(SOURCE % 42)
    return path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were called."""
    called: list[list[str]] = []
    call = compiled._call

    def recorded(command: list[str], folder: str, who: str) -> None:
        called.append(command)
        call(command, folder, who)

    monkeypatch.setattr(compiled, "_call", recorded)
    return called


def answer(path: str) -> Any:
    return ctypes.CDLL(path).answer()


def scratch_folders() -> list[str]:
    return [path.name for path in Path(guard.TEMPORARY_FOLDER).glob(guard.SCRATCH + "*")]


def test_what_is_compiled_once_is_found_again(source: Path, cache: Path, calls: list[list[str]]) -> None:
    first = Library(str(source)).build()
    assert Path(first).parent == cache
    assert answer(first) == 42
    assert Library(str(source)).build() == first
    assert len(calls) == 1
    assert [path.name for path in cache.iterdir()] == [Path(first).name]
    assert stat.S_IMODE(cache.stat().st_mode) == stat.S_IMODE(Path(first).stat().st_mode) == 0o700
    assert scratch_folders() == []


def test_another_source_compiler_machine_or_python_is_another_library(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [compiled._name(str(source))]
    source.write_text(SOURCE % 43)
    names.append(compiled._name(str(source)))
    monkeypatch.setattr("importlib.machinery.EXTENSION_SUFFIXES", [".cpython-399-arm.so"])
    names.append(compiled._name(str(source)))
    monkeypatch.setattr(compiled, "compiler", lambda: ["othercc"])
    names.append(compiled._name(str(source)))
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("", "", "", "", "riscv64")))
    names.append(compiled._name(str(source)))
    assert len(set(names)) == 5
    assert names[2].endswith(".cpython-399-arm.so")


def test_a_changed_source_is_compiled_anew(source: Path) -> None:
    first = Library(str(source)).build()
    source.write_text(SOURCE % 43)
    second = Library(str(source)).build()
    assert (answer(first), answer(second)) == (42, 43)


def test_many_at_once_do_not_meet(source: Path, cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: Library(str(source)).build(anew=True), range(8)))
    assert len(set(paths)) == 1
    assert answer(paths[0]) == 42
    assert [path.name for path in cache.iterdir()] == [Path(paths[0]).name]


@pytest.mark.real
def test_experiments_that_compile_at_once_do_not_meet(cache: Path) -> None:
    started = [children.start(workload="loop_c_released", size=5, tasks=2) for _ in range(3)]
    for child in started:
        child.wait()
    assert [child.last["event"] for child in started] == ["finished"] * 3
    assert len({tuple(child.last["checksums"]) for child in started}) == 1
    assert len(list(cache.iterdir())) == 1


def in_a_folder_of_its_own(source: Path) -> None:
    library = Library(str(source))
    path = library.build()
    assert Path(path).parent.name.startswith(guard.SCRATCH)
    loaded = ctypes.CDLL(path)
    library.remove()
    assert not Path(path).parent.exists()
    assert loaded.answer() == 42


def test_a_cache_that_cannot_be_made_is_done_without(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source.parent / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(source.parent / "file"))
    in_a_folder_of_its_own(source)


def test_a_full_disk_is_done_without(source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copy", full)
    in_a_folder_of_its_own(source)
    assert list(cache.iterdir()) == []


def test_what_others_may_write_to_is_not_loaded(source: Path, cache: Path, calls: list[list[str]]) -> None:
    path = Library(str(source)).build()
    Path(path).chmod(0o777)
    assert Library(str(source)).build() == path
    assert len(calls) == 2
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o700
    cache.chmod(0o777)
    in_a_folder_of_its_own(source)


def test_what_belongs_to_others_is_not_loaded(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Library(str(source)).build()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    in_a_folder_of_its_own(source)


def test_a_relative_cache_counts_as_none(
    source: Path, isolation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    assert Path(Library(str(source)).build()).is_relative_to(isolation / ".cache" / "gil-tui" / "extensions")


def test_a_damaged_library_is_compiled_anew(cache: Path) -> None:
    cache.mkdir(parents=True, mode=0o700)
    damaged = cache / compiled._name(str(Path(compiled.HERE) / "hot_loop.c"))
    damaged.write_bytes(b"no library")
    damaged.chmod(0o700)
    workload = load("loop_c_released", (), ".")
    workload.prepare()
    assert workload.run(3, 0) == load("loop_python", (), ".").run(3, 0)
    assert damaged.read_bytes()[:4] != b"no l"


def test_what_never_loads_is_unavailable_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise OSError("failed to map segment from shared object")

    monkeypatch.setattr(extension.LoopCReleased, "load", refused)
    with pytest.raises(JobError) as caught:
        load("loop_c_released", (), ".").prepare()
    assert caught.value.kind == "unavailable"
    assert "failed to map segment" in caught.value.message
    assert "set XDG_CACHE_HOME to a folder that libraries may be loaded from" in caught.value.message


def test_what_the_compiler_says_is_told_in_one_line(source: Path) -> None:
    source.write_text("#include <no_such_header.h>\n")
    library = Library(str(source))
    with pytest.raises(JobError) as caught:
        library.build()
    library.remove()
    assert caught.value.kind == "unavailable"
    assert "the C compiler failed" in caught.value.message
    assert "no_such_header.h" in caught.value.message
    assert "sudo apt-get install build-essential" in caught.value.message
    assert scratch_folders() == []


def test_a_compiler_that_hangs_is_given_up(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = source.with_name("slow-cc")
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setenv("CC", str(slow))
    monkeypatch.setattr(compiled, "COMPILE_LIMIT_S", 0.1)
    library = Library(str(source))
    with pytest.raises(JobError, match="took longer than"):
        library.build()
    library.remove()


def test_the_compiler_is_the_chosen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", f"{sys.executable} -O1")
    assert compiled.compiler() == [sys.executable, "-O1"]
    monkeypatch.setenv("CC", "no-such-compiler")
    assert compiled.compiler() == []
    monkeypatch.setenv("CC", "")
    assert compiled.compiler()[0] in compiled.COMPILERS


def test_cython_is_told_that_the_loop_needs_no_gil_and_shares_nothing() -> None:
    """In a comment, where older versions pass over directives that they do not know."""
    first = (Path(compiled.HERE) / "hot_loop.pyx").read_text("utf-8").splitlines()[0]
    assert first.startswith("# cython: ")
    assert {"freethreading_compatible=True", "subinterpreters_compatible=own_gil"} <= set(
        first[10:].split(", ")
    )


def test_the_sources_are_part_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["gil_tui"]
    package = Path(compiled.HERE).parents[1]
    packed = {path for pattern in patterns for path in package.glob(pattern)}
    assert {package / "bench/workloads/hot_loop.c", package / "bench/workloads/hot_loop.pyx"} <= packed
