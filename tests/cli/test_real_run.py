"""`run` as a person starts it, with real interpreters and real processes."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui.history import History, HistoryRow, default_path
from gil_tui.schemas import text_of

pytestmark = pytest.mark.real

COMMAND = [sys.executable, "-m", "gil_tui"]
SMALL = ["-e", "threads", "-w", "2", "--repeats", "1", "--size", "1", "--tasks", "4", "--no-watch"]
LONG = [
    "run",
    "countdown",
    "-e",
    "threads",
    "-w",
    "2",
    "--repeats",
    "500",
    "--size",
    "50000",
    "--tasks",
    "20",
]

OWN_CODE = r"""
import ctypes, os, sys, time

def good(number): return number
def raises(): raise ValueError("[red]no\nsecond line \x1b[2J")
def hangs(): time.sleep(1000)
def exits(): os._exit(3)
def segfaults(): ctypes.string_at(0)
def large(): return "x" * 50_000_000

def prints():
    print('{"event": "finished"}', flush=True)
    os.write(1, b"\xff\xfe\x00\n")
"""


def gil_tui(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.05)


def rows() -> list[HistoryRow]:
    if not default_path().exists():
        return []
    with History.open() as history:
        return history.rows()


def a_trial_is_kept() -> bool:
    return any(row.trials for row in rows())


def test_a_sweep_from_end_to_end(tmp_path: Path) -> None:
    options = "-e threads,processes -w 1,2 --repeats 2 --size 20000 --tasks 20 --json"
    ended = gil_tui(tmp_path, "run", "countdown", *options.split())
    assert (ended.returncode, ended.stderr) == (0, "")
    document = json.loads(ended.stdout)
    Draft202012Validator(json.loads(text_of("run"))).validate(document)
    runs = document["runs"]
    assert [(run["experiment"]["executor"], run["experiment"]["workers"]) for run in runs] == [
        ("sequential", 1),
        ("threads", 1),
        ("threads", 2),
        ("processes", 1),
        ("processes", 2),
    ]
    assert all(len(run["trials"]) == 2 and run["status"] == "done" for run in runs)
    checksums = {tuple(trial["checksums"]) for run in runs for trial in run["trials"]}
    assert len(checksums) == 1
    shown = json.loads(gil_tui(tmp_path, "show", str(runs[0]["id"]), "--json").stdout)
    assert shown["runs"] == [runs[0]]
    assert [row.trials for row in rows()] == [2] * 5


def test_a_sweep_never_imports_what_draws(tmp_path: Path) -> None:
    program = """
import sys
from gil_tui.cli import main
status = main(sys.argv[1:])
print(status, sorted({"textual", "rich", "plotext"} & set(sys.modules)), file=sys.stderr)
"""
    arguments = ["run", "countdown", *SMALL, "--json"]
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stderr == "0 []\n"


@pytest.mark.parametrize(
    ("function", "cause"),
    [
        ("raises", "ValueError: [red]no second line [2J"),
        ("exits", "exit code 3"),
        ("segfaults", "SIGSEGV"),
        ("missing", "no function missing"),
    ],
)
def test_own_code_that_fails_is_one_line(function: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_CODE)
    ended = gil_tui(tmp_path, "run", f"own.py:{function}", *SMALL)
    assert ended.returncode == 1
    assert cause in ended.stdout
    assert cause in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "\x1b" not in ended.stdout + ended.stderr


def test_what_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_CODE)
    ended = gil_tui(tmp_path, "run", "own.py:hangs", *SMALL, "--timeout", "1")
    assert ended.returncode == 1
    assert "1 s" in ended.stderr
    assert {row.status for row in rows()} == {"timeout"}


@pytest.mark.parametrize("function", ["prints", "large"])
def test_what_own_code_prints_and_returns_does_no_harm(function: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_CODE)
    ended = gil_tui(tmp_path, "run", f"own.py:{function}", *SMALL, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    document = json.loads(ended.stdout)
    assert len(ended.stdout) < 1_000_000
    assert {run["status"] for run in document["runs"]} == {"done"}
    if function == "prints":
        shown = gil_tui(tmp_path, "show", "1", "--output").stdout
        assert '{"event": "finished"}' in shown


def test_one_workload_that_fails_leaves_the_others_unharmed(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_CODE)
    (tmp_path / "broken.py").write_text("import nothing_like_it\n")
    ended = gil_tui(tmp_path, "run", "broken.py:f", "nowhere.py:f", "own.py:good", *SMALL, "--json")
    assert ended.returncode == 1
    status: dict[str, set[str]] = {}
    for run in json.loads(ended.stdout)["runs"]:
        status.setdefault(run["experiment"]["workload"], set()).add(run["status"])
    assert status == {"broken.py:f": {"failed"}, "nowhere.py:f": {"failed"}, "own.py:good": {"done"}}


def test_an_interpreter_that_is_none(tmp_path: Path) -> None:
    ended = gil_tui(tmp_path, "run", "countdown", "-i", "/bin/true")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "not Python" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(("number", "options"), [(signal.SIGINT, ["--json"]), (signal.SIGTERM, [])])
def test_a_signal_keeps_what_is_finished(number: int, options: list[str], tmp_path: Path) -> None:
    running = subprocess.Popen([*COMMAND, *LONG, *options], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    wait_until(a_trial_is_kept)
    running.send_signal(number)
    printed, _ = running.communicate(timeout=30)
    assert running.returncode == 128 + number
    assert {row.status for row in rows()} == {"interrupted"}
    if options:
        document: Any = json.loads(printed)
        Draft202012Validator(json.loads(text_of("run"))).validate(document)
        assert any(run["trials"] for run in document["runs"])
    else:
        assert "interrupted" in printed


def test_killed_outright_its_finished_trials_are_there(tmp_path: Path) -> None:
    running = subprocess.Popen([*COMMAND, *LONG], cwd=tmp_path, stdout=subprocess.DEVNULL)
    wait_until(a_trial_is_kept)
    assert {row.status for row in rows()} == {"running"}
    running.kill()
    running.wait()
    kept = rows()
    assert {row.status for row in kept} == {"interrupted"}
    assert all(row.trials and row.wall_s for row in kept)


def test_a_dropped_line_keeps_what_is_finished(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [*COMMAND, *LONG])
    shown = b""
    while not a_trial_is_kept() or b"countdown" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    assert {row.status for row in rows()} == {"interrupted"}
