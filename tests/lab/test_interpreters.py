import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gil_tui.lab import identify
from gil_tui.lab.errors import UsageError
from gil_tui.lab.identify import Facts, Identifier
from gil_tui.lab.interpreters import (
    Interpreter,
    default_interpreter,
    find_interpreters,
    identity,
    resolve_interpreter,
    running_interpreter,
    unique_labels,
)

Fake = Callable[..., Path]


def answer(
    version: str, name: str = "cpython", *, free_threaded: bool = False, jit: bool | None = None
) -> str:
    numbers = [int(number) for number in version.split(".")]
    return identify.MARK + json.dumps([name, numbers, "final", 0, free_threaded, "", jit])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The fake executables that were run, in order; each answers with its own text."""
    runs: list[str] = []

    def run(path: Path, timeout_s: float) -> tuple[str, bool]:
        if tmp_path not in path.parents:
            return "a real one of this host", True
        runs.append(str(path))
        text = path.read_text()
        return text, text != "hangs"

    monkeypatch.setattr(identify, "_run", run)
    return runs


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin"}


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    def make(name: str, content: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)
        return path

    return make


def found(environ: dict[str, str]) -> dict[str, Interpreter]:
    """Those in the fake places, by label."""
    home = environ["HOME"]
    return {i.label: i for i in find_interpreters(environ) if i.path.startswith(home)}


def test_looks_into_every_usual_place(
    asked: list[str], fake: Fake, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake("bin/python3.8", answer("3.8.1"))
    fake(".pyenv/versions/3.9.2/bin/python3.9", answer("3.9.2"))
    fake(".local/share/uv/python/cpython-3.14/bin/python3.14t", answer("3.14.0", free_threaded=True))
    fake("miniconda3/bin/python", answer("3.10.3"))
    fake("miniconda3/envs/data/bin/python", answer("3.12.4"))
    fake("elsewhere/bin/python", answer("3.15.5"))
    fake(".conda/environments.txt", f"{environ['HOME']}/elsewhere\n")
    fake("venv/bin/python", answer("3.11.99"))
    fake("bin/pypy3.9", answer("3.9.16", "pypy"))
    fake("bin/python3.11-config", "never run")
    fake("bin/pythonista", "never run")
    fake("project/.venv/bin/python", "never run")
    fake(".virtualenvs/shop/bin/python", answer("3.13.78"))
    monkeypatch.chdir(f"{environ['HOME']}/project")
    environ["VIRTUAL_ENV"] = f"{environ['HOME']}/venv"
    sources = {i.version: i.source for i in found(environ).values()}
    assert sources == {
        "3.11.99": "active",
        "3.13.78": "venv",
        "3.8.1": "path",
        "3.9.16": "path",
        "3.9.2": "pyenv",
        "3.14.0": "uv",
        "3.10.3": "conda",
        "3.12.4": "conda",
        "3.15.5": "conda",
    }
    assert not [path for path in asked if path.endswith(("config", "ista", ".venv/bin/python"))]


def test_the_running_one_stands_first_and_needs_no_start(environ: dict[str, str]) -> None:
    first = find_interpreters(environ)[0]
    assert first.source == "running"
    assert first.path == running_interpreter().path
    assert first.version == ".".join(map(str, sys.version_info[:3]))


def test_one_executable_with_many_names_is_one(asked: list[str], fake: Fake, environ: dict[str, str]) -> None:
    real = fake("bin/python3.12", answer("3.12.1"))
    (real.parent / "python3").symlink_to("python3.12")
    (real.parent / "python").symlink_to("python3")
    elsewhere = real.parent.parent / ".pyenv/versions/mine/bin"
    elsewhere.mkdir(parents=True)
    (elsewhere / "python").symlink_to(real)
    assert [i.path for i in found(environ).values()] == [str(real)]
    assert asked == [str(real)]


def test_a_virtual_environment_stands_apart_and_is_not_run_again(
    asked: list[str], fake: Fake, environ: dict[str, str], tmp_path: Path
) -> None:
    base = fake("bin/python3.12", answer("3.12.1"))
    for name in ("one", "two"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "pyvenv.cfg").touch()
        (tmp_path / name / "bin/python").symlink_to(base)
        (tmp_path / name / "bin/python3").symlink_to("python")
    environ = environ | {"PATH": f"{tmp_path}/one/bin:{tmp_path}/two/bin:{tmp_path}/bin"}
    paths = [i.path for i in found(environ).values()]
    assert paths == [f"{tmp_path}/{name}" for name in ("one/bin/python", "two/bin/python", "bin/python3.12")]
    assert len(asked) == 1
    assert identity(tmp_path / "one/bin/python3") == identity(tmp_path / "one/bin/python")


def test_what_is_old_or_no_python_is_left_out(
    asked: list[str], fake: Fake, environ: dict[str, str], tmp_path: Path
) -> None:
    fake("bin/python2.7", "Unknown option: -I\nusage: python2.7 [option]")
    fake("bin/python3.7", answer("3.7.9"))
    fake("bin/python3.9", "hangs")
    fake("bin/python3.10", "I am a teapot")
    fake("bin/python3.11", identify.MARK + "[1]")
    fake("bin/python3.14", answer("3.14.0"))
    fake("bin/python3.13", answer("3.13.0")).chmod(0o644)
    assert [i.version for i in found(environ).values()] == ["3.14.0"]
    assert len(asked) == 6


def test_nothing_is_run_twice_while_it_is_unchanged(
    asked: list[str], fake: Fake, environ: dict[str, str]
) -> None:
    python = fake("bin/python3.12", answer("3.12.1"))
    fake("bin/python2.7", "Unknown option: -I")
    first = found(environ)
    assert len(asked) == 2
    assert found(environ) == first
    assert len(asked) == 2
    python.write_text(answer("3.12.99"))
    assert [i.version for i in found(environ).values()] == ["3.12.99"]
    assert len(asked) == 3


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1, "executables": {"%s": 3}}'])
def test_a_damaged_cache_only_costs_time(
    content: str, asked: list[str], fake: Fake, environ: dict[str, str]
) -> None:
    python = fake("bin/python3.12", answer("3.12.1"))
    fake(".cache/gil-tui/interpreters.json", content.replace("%s", str(python)))
    assert [i.version for i in found(environ).values()] == ["3.12.1"]


def test_a_cache_that_cannot_be_written_only_costs_time(
    asked: list[str], fake: Fake, environ: dict[str, str]
) -> None:
    fake("bin/python3.12", answer("3.12.1"))
    fake(".cache", "a file in the way")
    assert len(found(environ)) == len(found(environ)) == 1


def test_labels_that_collide_are_told_apart() -> None:
    def one(path: str, version: str) -> Interpreter:
        return Interpreter(path, "cpython", version, False, version.rpartition(".")[0], "path")

    several = [one("/a", "3.11.7"), one("/b", "3.11.2"), one("/c", "3.11.7"), one("/d", "3.12.0")]
    assert [i.label for i in unique_labels(several)] == ["3.11.7", "3.11.2", "/c", "3.12"]


def test_a_text_may_be_label_version_command_or_path(
    asked: list[str], fake: Fake, environ: dict[str, str], tmp_path: Path
) -> None:
    fake("bin/python3.12", answer("3.12.1"))
    fake(".pyenv/versions/a/bin/python3.12", answer("3.12.9"))
    fake(".pyenv/versions/b/bin/python3.99", answer("3.99.0"))
    fake(".pyenv/versions/c/bin/python3.98t", answer("3.98.0", free_threaded=True))
    fake("bin/pypy3", answer("3.9.16", "pypy"))
    for text, version in {
        "3.12": "3.12.9",
        "3.12.1": "3.12.1",
        "python3.12": "3.12.1",
        "3.99": "3.99.0",
        "python3.99": "3.99.0",
        "3": "3.99.0",
        "3.98t": "3.98.0",
        "python3.98t": "3.98.0",
        "pypy": "3.9.16",
        "pypy3.9": "3.9.16",
        f"{tmp_path}/bin/python3.12": "3.12.1",
        f"{tmp_path}/.pyenv/versions/a": "3.12.9",
    }.items():
        assert resolve_interpreter(text, environ).version == version, text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("python2.7", "python2.7 cannot run an experiment: it is Python 2 or older than 3.4"),
        ("python3.7", "python3.7 is Python 3.7.9, too old: gil-tui runs 3.8 and newer"),
        ("2.6", "Python 2.6 is too old: gil-tui runs 3.8 and newer"),
        ("teapot", "teapot cannot run an experiment: it is not Python"),
        ("python3.9", "python3.9 cannot run an experiment: it does not answer"),
        ("3.98", "no interpreter '3.98': did you mean 3.99"),
        ("/nowhere/python", "there is no file /nowhere/python"),
        ("HOME/bin", "is a directory without bin/python"),
        ("HOME/bin/plain", "may not be executed"),
        (" ", "an interpreter needs a name"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    text: str, line: str, asked: list[str], fake: Fake, environ: dict[str, str]
) -> None:
    fake("bin/python2.7", "Unknown option: -I")
    fake("bin/python3.7", answer("3.7.9"))
    fake("bin/teapot", "no")
    fake("bin/python3.9", "hangs")
    fake("bin/python3.99", answer("3.99.0"))
    fake("bin/plain", "").chmod(0o644)
    with pytest.raises(UsageError) as caught:
        resolve_interpreter(text.replace("HOME", environ["HOME"]), environ)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_active_environment_is_the_default(asked: list[str], fake: Fake, environ: dict[str, str]) -> None:
    assert default_interpreter(environ).source == "running"
    fake("venv/bin/python", answer("3.12.1"))
    assert default_interpreter(environ | {"VIRTUAL_ENV": f"{environ['HOME']}/venv"}).version == "3.12.1"
    assert default_interpreter(environ | {"VIRTUAL_ENV": "/nowhere"}).source == "running"


def test_one_that_can_be_switched_is_listed_in_each_state(
    asked: list[str], fake: Fake, environ: dict[str, str]
) -> None:
    older, newer = (f"3.{sys.version_info.minor + more}" for more in (1, 2))  # than the one that runs this
    fake(f"bin/python{older}t", answer(f"{older}.5", free_threaded=True))
    fake(f"bin/python{newer}", answer(f"{newer}.2", jit=False))
    fake(f"bin/python{older}", answer(f"{older}.2", jit=True))
    fake("bin/pypy3.10", answer("3.10.14", "pypy", jit=True))
    fake("bin/pypy3.9", answer("3.9.16", "pypy"))
    home = environ["HOME"]
    assert {label: one.key.removeprefix(f"{home}/bin/") for label, one in found(environ).items()} == {
        newer: f"python{newer}",
        f"{newer}+jit": f"python{newer}+jit",
        older: f"python{older}",
        f"{older}+nojit": f"python{older}+nojit",
        f"{older}t": f"python{older}t",
        f"{older}t+gil": f"python{older}t+gil",
        "pypy3.10": "pypy3.10",
        "pypy3.10+nojit": "pypy3.10+nojit",
        "pypy3.9": "pypy3.9",
    }
    assert len(asked) == 5


def test_switches_stand_behind_whatever_means_an_interpreter(
    asked: list[str], fake: Fake, environ: dict[str, str], tmp_path: Path
) -> None:
    free = fake(
        "cpython-3.14.0+freethreaded/bin/python3.14t", answer("3.14.0", free_threaded=True, jit=False)
    )
    environ = environ | {"PATH": str(free.parent)}
    for text, gil, jit in (
        ("3.14t+gil", True, None),
        ("3.14t+nogil", False, None),
        ("python3.14t+gil+jit", True, True),
        (f"{free}+nojit", None, False),
        (str(free), None, None),
        (str(free.parent.parent), None, None),  # a folder with a plus in its name
        (f"{free.parent.parent}+gil", True, None),
    ):
        interpreter = resolve_interpreter(text, environ)
        assert (interpreter.path, interpreter.gil, interpreter.jit) == (str(free), gil, jit), text
    assert resolve_interpreter("3.14t+jit+gil", environ).label == "3.14t+gil+jit"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("3.99+gil", "the GIL of 3.99 (HOME/bin/python3.99) cannot be switched: only free-threaded builds"),
        ("3.99+nogil", "cannot be switched: only free-threaded builds can, as in 3.13t+gil"),
        ("3.99+nojit", "3.99 (HOME/bin/python3.99) was built without a JIT"),
        ("3.98t+gli", "3.98t+gli: no switch +gli; allowed are +gil, +nogil, +jit, +nojit"),
        ("3.98t+", "3.98t+: no switch +; allowed"),
        ("3.98t+gil+nogil", "3.98t+gil+nogil switches the GIL on and off"),
        ("+gil", "an interpreter needs a name"),
        ("/nowhere/python+gil", "there is no file /nowhere/python;"),
    ],
)
def test_what_cannot_be_switched_is_said_in_one_line(
    text: str, line: str, asked: list[str], fake: Fake, environ: dict[str, str]
) -> None:
    fake("bin/python3.99", answer("3.99.0"))
    fake("bin/python3.98t", answer("3.98.0", free_threaded=True))
    with pytest.raises(UsageError) as caught:
        resolve_interpreter(text, environ)
    assert line.replace("HOME", environ["HOME"]) in str(caught.value)
    assert "\n" not in str(caught.value)


def script(fake: Fake, name: str, body: str) -> Path:
    return fake(name, "#!/bin/sh\n" + body)


@pytest.mark.real
def test_a_shim_stands_for_what_it_starts(fake: Fake, environ: dict[str, str]) -> None:
    shim = script(fake, "bin/python3.77", f'exec "{sys.executable}" "$@"\n')
    assert resolve_interpreter("python3.77", environ).path == running_interpreter().path
    assert not [i for i in find_interpreters(environ) if i.path == str(shim)]


@pytest.mark.real
def test_an_executable_that_hangs_is_given_up(fake: Fake, environ: dict[str, str]) -> None:
    hanging = script(fake, "bin/python3", "sleep 1000 & sleep 1000\n")
    assert Identifier(environ, timeout_s=0.3).identify(hanging) == "it does not answer"


@pytest.mark.real
def test_an_executable_that_never_stops_talking_is_cut_short(fake: Fake, environ: dict[str, str]) -> None:
    talking = script(fake, "bin/python3", "exec yes\n")
    assert isinstance(Identifier(environ).identify(talking), str)


@pytest.mark.real
def test_real_ones_say_what_they_are(interpreters: list[Interpreter], environ: dict[str, str]) -> None:
    for interpreter in interpreters:
        facts = Identifier(environ).identify(Path(interpreter.path))
        assert isinstance(facts, Facts)
        assert facts.version == interpreter.version
        assert os.access(interpreter.path, os.X_OK)
    labels = [interpreter.label for interpreter in interpreters]
    assert len(set(labels)) == len(labels)
