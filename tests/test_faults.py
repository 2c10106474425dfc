"""Faults one by one, each at a chosen moment; tests/endurance/faults.py strikes at random ones, for hours."""

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from gil_tui import cli
from gil_tui.cli import main
from gil_tui.history import History, StoreError, default_path
from tests.benchmarks.terminal import ENTER_SCREEN, LEAVE_SCREEN, Terminal
from tests.endurance.after import is_before_gil_tui
from tests.history.samples import a_run, a_trial, finished
from tests.processes import StartedProcesses
from tests.test_endings import (
    COMMAND,
    SCREEN,
    START_S,
    assert_all_gone,
    assert_terminal_is_whole,
    trials_kept,
)

real = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes and their limits through /proc"),
    pytest.mark.skipif(not Path(COMMAND).exists(), reason=f"{COMMAND} is not installed"),
]
SWEEP = [COMMAND, "run", "countdown", "-e", "processes", "-w", "2", "--size", "20000", "--tasks", "40"]


@pytest.fixture
def screen() -> Iterator[Terminal]:
    with Terminal(SCREEN) as terminal:
        terminal.wait_painted("Workload", quiet_s=0.15, timeout_s=START_S)
        yield terminal


def painted_since(terminal: Terminal, chunks: int, words: bytes) -> Callable[[], bool]:
    return lambda: words in b"".join(chunk.data for chunk in terminal.chunks[chunks:])


def quit_orderly(terminal: Terminal) -> None:
    terminal.send("q")
    assert terminal.wait_end(START_S) == 0
    assert_terminal_is_whole(terminal)
    assert "Traceback" not in terminal.text


# The screen and its terminal


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
class TestStopped:
    pytestmark = real

    def test_the_screen_comes_back_and_leaves_the_terminal_whole(
        self, screen: Terminal, number: signal.Signals
    ) -> None:
        process = psutil.Process(screen.pid)
        screen.signal(number)
        screen.wait_until(lambda: process.status() == psutil.STATUS_STOPPED, START_S, "stopped process")
        screen.read(0.1)
        if number == signal.SIGTSTP:
            assert_terminal_is_whole(screen)
        chunks = len(screen.chunks)
        screen.signal(signal.SIGCONT)
        screen.wait_until(painted_since(screen, chunks, b"Workload"), START_S, "picture")
        quit_orderly(screen)


class TestTerminal:
    pytestmark = real

    def test_any_size_and_back(self, screen: Terminal) -> None:
        for columns, rows in ((1, 1), (500, 2), (2, 200), (1, 1), (0, 0), (1, 1)):
            screen.resize(columns, rows)
            screen.read(0.1)
        for columns, rows in ((300, 90), (120, 40)):  # of two changes at once it may see the last one alone
            chunks = len(screen.chunks)
            screen.resize(columns, rows)
            screen.wait_until(painted_since(screen, chunks, b"Workload"), START_S, "picture")
        quit_orderly(screen)

    def test_a_signal_before_the_first_paint(self, no_orphans: StartedProcesses) -> None:
        """The terminal is the screen's own by then: a default handler would leave it so."""
        with Terminal(SCREEN) as terminal:
            terminal.wait_until(lambda: ENTER_SCREEN in terminal.output, START_S, "alternate screen")
            terminal.signal(signal.SIGTERM)
            assert terminal.wait_end(START_S) == 128 + signal.SIGTERM
            assert_terminal_is_whole(terminal)
            assert LEAVE_SCREEN in terminal.output


# Processes of a sweep


def bench_processes(started: StartedProcesses, command: int) -> dict[str, list[psutil.Process]]:
    """Guardians, experiments and pool workers of the command with that pid."""
    family = [one for one in started.alive() if "bench/__main__.py" in " ".join(one.cmdline())]
    parents = {one.pid: one.ppid() for one in family}
    guardians = [one for one in family if parents[one.pid] == command]
    experiments = [one for one in family if parents[one.pid] in {each.pid for each in guardians}]
    workers = [one for one in family if parents[one.pid] in {each.pid for each in experiments}]
    watchers = [one for one in started.alive() if "gil_tui.watch" in " ".join(one.cmdline())]
    return {"guardian": guardians, "experiment": experiments, "worker": workers, "watcher": watchers}


class TestKilled:
    pytestmark = real

    def _sweep_without(self, started: StartedProcesses, victim: str) -> tuple[int, str]:
        """Kill one of them after the first trial; the exit code and all that was said."""
        with Terminal([*SWEEP, "--repeats", "6", "--json"]) as terminal:

            def struck() -> bool:
                try:
                    for process in bench_processes(started, terminal.pid)[victim][:1]:
                        process.kill()
                        return True
                except psutil.NoSuchProcess:  # it has just ended by itself: then the next one
                    pass
                return False

            before = trials_kept()
            terminal.wait_until(lambda: trials_kept() > before, START_S, "a finished trial")
            kept = trials_kept()
            terminal.wait_until(struck, START_S, victim)
            status = terminal.wait_end(START_S)
            assert_all_gone(terminal, started)
        assert trials_kept() >= kept
        assert "Traceback" not in terminal.text
        return status, terminal.text

    @pytest.mark.parametrize("victim", ["guardian", "experiment", "worker", "watcher"])
    def test_a_part_of_the_sweep_is_killed(self, no_orphans: StartedProcesses, victim: str) -> None:
        """Its trial is lost, no other; the rest of the sweep is measured, and it is said."""
        for _ in range(5):
            status, text = self._sweep_without(no_orphans, victim)
            if status or victim != "worker":
                break  # else that worker had done its part before it was killed
        if victim == "watcher":
            assert status == 0 and "the watcher ended" in text
        else:
            assert status == 1 and "SIGKILL" in text

    def test_the_watched_process_is_killed(self, no_orphans: StartedProcesses) -> None:
        target = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            with Terminal([COMMAND, "watch", "--seconds", "600", str(target.pid)]) as terminal:
                terminal.wait_until(lambda: len(no_orphans.alive()) > 2, START_S, "watcher")
                terminal.read(1.0)
                target.kill()
                target.wait()
                assert terminal.wait_end(START_S) == 0
                assert "Traceback" not in terminal.text
        finally:
            target.kill()


# Limits


class TestLimits:
    pytestmark = real

    def test_out_of_descriptors(self, no_orphans: StartedProcesses) -> None:
        """What cannot be started is a failed trial; the command ends as it always does."""
        with Terminal([*SWEEP, "--repeats", "50"]) as terminal:
            terminal.wait_until(lambda: trials_kept() > 0, START_S, "finished trial")
            kept = trials_kept()
            resource.prlimit(terminal.pid, resource.RLIMIT_NOFILE, (3, 3))
            assert terminal.wait_end(START_S) == 1
            assert "Traceback" not in terminal.text
            assert_all_gone(terminal, no_orphans)
        assert trials_kept() >= kept

    @pytest.mark.parametrize("most", [6, 8, 16])
    @pytest.mark.parametrize("words", [["run", "countdown"], ["watch", "1"], ["countdown"]])
    def test_hardly_any_descriptor_from_the_start(self, words: list[str], most: int) -> None:
        """Refused, or run; never a screen that no key ends."""
        with Terminal(["prlimit", f"--nofile={most}", COMMAND, *words]) as terminal:
            terminal.read(1.0)
            terminal.send("q")
            assert terminal.wait_end(START_S) in (0, 1)
        assert "Traceback" not in terminal.text and "ignored" not in terminal.text

    @pytest.mark.skipif(os.geteuid() == 0, reason="the kernel sets root no limit on processes")
    def test_out_of_processes(self, no_orphans: StartedProcesses) -> None:
        command = ["prlimit", "--nproc=1", *SWEEP, "--repeats", "2"]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 1
        assert "Traceback" not in ran.stderr

    def test_memory_limit_of_the_function(self, no_orphans: StartedProcesses, tmp_path: Path) -> None:
        source = tmp_path / "hungry.py"
        source.write_text(
            "import resource\n"
            "def work(task):\n"
            "    if task == 7:\n"
            "        resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))\n"
            "        return len([bytes(1 << 24) for _ in range(1 << 10)])\n"
            "    return task\n"
        )
        words = ["-e", "processes", "-w", "2", "--tasks", "10", "--size", "1", "--repeats", "1", "--json"]
        command = [COMMAND, "run", f"{source}:work", *words]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 1
        assert "Traceback" not in ran.stderr
        assert {run["failure"]["kind"] for run in json.loads(ran.stdout)["runs"]} == {"raised"}
        assert "MemoryError" in ran.stdout


# The store


@pytest.fixture
def store() -> Path:
    """A store of a few runs, in one file."""
    with History.open() as history:
        for workers in (1, 2):
            run_id = history.add_run(a_run(workers=workers))
            for number in range(1, 6):
                history.add_trial(run_id, a_trial(number))
            history.finish_run(finished(a_run(workers=workers).with_id(run_id)))
    assert [path.name for path in default_path().parent.iterdir()] == [default_path().name]
    return default_path()


def change_bytes(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 8))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut_short(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


@pytest.mark.parametrize("harm", [change_bytes, cut_short])
def test_a_damaged_store_is_read_or_refused_in_one_line(
    store: Path, harm: Callable[[bytes, random.Random], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    content, rng = store.read_bytes(), random.Random(7)
    refused = 0
    for _ in range(100):
        for path in store.parent.iterdir():
            path.unlink()
        harmed = harm(content, rng)
        store.write_bytes(harmed)
        for command in (["history", "--limit", "0"], ["history", "--json"], ["show", "#2"], ["audit"]):
            refused += is_refused(command, capsys)
    assert refused


def is_refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> bool:
    status = main(command)
    said = capsys.readouterr().err
    assert status in (0, 1)
    assert "GIL_TUI_DEBUG" not in said
    assert said.count("\n") == status
    return status == 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


def test_a_locked_store_can_be_listed(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gil_tui.history.connect.BUSY_TIMEOUT_S", 0.05)
    with locked(store):
        assert main(["history"]) == 0


@pytest.mark.parametrize("vanish", [lambda path: shutil.rmtree(path.parent), lambda path: path.rename("x")])
def test_a_store_that_is_taken_away_is_missed(
    store: Path, vanish: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself would go on writing to the file that nobody will find."""
    monkeypatch.chdir(tmp_path)
    with History.open() as history:
        vanish(store)
        with pytest.raises(StoreError, match="removed or replaced") as caught:
            history.add_run(a_run())
        assert caught.value.kind == "gone"
    with History.open() as history:
        history.add_run(a_run())


# The script itself

IN_SITE = """Fatal Python error: init_import_site: Failed to import the site module
Traceback (most recent call last):
  File "<frozen site>", line 599, in main
KeyboardInterrupt
"""
LOOKING = f"""Traceback (most recent call last):
  File "{COMMAND}", line 5, in <module>
  File "<frozen importlib._bootstrap>", line 1176, in _find_and_load
KeyboardInterrupt
"""
IN_COMMAND_LINE = LOOKING.replace("<frozen importlib._bootstrap>", str(Path(cli.__file__)))


@pytest.mark.parametrize(
    ("text", "is_before"),
    [
        (IN_SITE, True),
        (LOOKING, True),
        (IN_COMMAND_LINE, False),
        ("progress\r\n" + LOOKING, False),
        (LOOKING.replace("KeyboardInterrupt", "ImportError"), False),
        (LOOKING.replace(COMMAND, "shop.py"), False),
        ("", False),
    ],
)
def test_only_a_python_that_has_not_come_to_gil_tui_is_excused(text: str, is_before: bool) -> None:
    assert is_before_gil_tui(text) == is_before
