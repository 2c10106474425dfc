"""However a sweep ends in its middle: nothing runs on, what was measured is kept, the terminal is whole."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from gil_tui.history import History, default_path
from tests.benchmarks.terminal import ENTER_SCREEN, HIDE_CURSOR, LEAVE_SCREEN, SHOW_CURSOR, Terminal
from tests.endurance.patience import wait_fairly
from tests.processes import StartedProcesses, describe

COMMAND = str(Path(sys.executable).parent / "gil-tui")
HEADLESS = [COMMAND, "run", "countdown", "-e", "threads,processes", "-w", "2", "--repeats", "200"]
SCREEN = [COMMAND, "countdown"]
START_S = 30.0
"""What a start and the first trial may take on a busy machine; the tests wait for facts, not for this."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="finds left-over processes through /proc"),
    pytest.mark.skipif(not Path(COMMAND).exists(), reason=f"{COMMAND} is not installed"),
]

End = Callable[[Terminal], None]

ENDS: dict[str, End] = {
    "SIGHUP": lambda terminal: terminal.signal(signal.SIGHUP),
    "SIGTERM": lambda terminal: terminal.signal(signal.SIGTERM),
    "SIGINT": lambda terminal: terminal.signal(signal.SIGINT),
    "Ctrl-C": lambda terminal: terminal.send("\x03"),
    "SIGKILL": lambda terminal: terminal.signal(signal.SIGKILL),
    "closed terminal": lambda terminal: terminal.hang_up(),
}
STATUS = {"SIGHUP": 128 + 1, "SIGTERM": 128 + 15, "SIGINT": 130, "Ctrl-C": 130}
"""What those ends leave as exit status whose program lives to see them, in a terminal that still stands."""


@pytest.fixture(params=["headless", "screen"])
def sweep(request: pytest.FixtureRequest, no_orphans: StartedProcesses) -> Iterator[Terminal]:
    """A sweep in its middle: some trials are done, more are to come, work is under way."""
    command = HEADLESS if request.param == "headless" else SCREEN
    with Terminal(command) as terminal:
        if request.param == "screen":
            terminal.wait_painted("Workload", quiet_s=0.15, timeout_s=START_S)
            terminal.send("r")
        terminal.wait_until(lambda: trials_kept() > 0, START_S, "finished trial in the history")
        terminal.wait_until(lambda: "bench/__main__" in describe(no_orphans.alive()), START_S, "trial")
        yield terminal


def trials_kept() -> int:
    if not default_path().exists():
        return 0
    with History.open() as history:
        return sum(row.trials for row in history.rows())


def assert_all_gone(terminal: Terminal, started: StartedProcesses, but: tuple[int, ...] = ()) -> None:
    """Within 3 s, all but those pids; the terminal is read meanwhile, as one with a person before it is.

    Time in the run queue of a machine that is busy with other things is not counted.

    A dying process looks like a zombie before its last thread has gone, so its end is waited for.
    """

    def left() -> list[psutil.Process]:
        return [process for process in started.alive() if process.pid not in but]

    assert wait_fairly(lambda: not left(), 3.0, left, terminal.read), f"3 s later:\n{describe(left())}"
    terminal.wait_end(1.0)


def assert_nothing_is_lost(kept_before: int) -> None:
    with History.open() as history:
        rows = history.rows()
        finished = [len(history.run(row.id).walls_s) for row in rows]
    assert sum(finished) >= kept_before > 0
    assert "running" not in {row.status for row in rows}
    assert "interrupted" in {row.status for row in rows}


def assert_terminal_is_whole(terminal: Terminal) -> None:
    assert terminal.attributes() == terminal.before
    output = terminal.output
    assert output.rfind(LEAVE_SCREEN) >= output.rfind(ENTER_SCREEN)
    assert output.rfind(SHOW_CURSOR) >= output.rfind(HIDE_CURSOR)


@pytest.mark.parametrize("how", ENDS)
def test_an_end_in_the_middle_leaves_nothing_and_loses_nothing(
    sweep: Terminal, no_orphans: StartedProcesses, how: str
) -> None:
    kept = trials_kept()
    ENDS[how](sweep)
    assert_all_gone(sweep, no_orphans)
    assert not sweep.running
    assert_nothing_is_lost(kept)
    if how != "closed terminal":
        assert_terminal_is_whole(sweep)
    if how in STATUS:
        assert sweep.status == STATUS[how]
        assert "Traceback" not in sweep.text


def test_quitting_the_screen_ends_the_sweep(no_orphans: StartedProcesses) -> None:
    with Terminal(SCREEN) as terminal:
        terminal.wait_painted("Workload", quiet_s=0.15, timeout_s=START_S)
        terminal.send("r")
        terminal.wait_until(lambda: trials_kept() > 0, START_S, "finished trial in the history")
        kept = trials_kept()
        terminal.send("q")
        assert terminal.wait_end() == 0
        assert_terminal_is_whole(terminal)
        assert_all_gone(terminal, no_orphans)
    assert_nothing_is_lost(kept)


def test_a_screen_that_fails_says_so_in_one_line(no_orphans: StartedProcesses) -> None:
    """No traceback over the terminal; what has finished is kept, and nothing runs on."""
    failing = "import sys; from gil_tui.cli import main; from gil_tui.tui.app import GilTui; "
    failing += "GilTui.action_mask = lambda self: {}['nobody']; sys.exit(main(['countdown']))"
    with Terminal([sys.executable, "-c", failing]) as terminal:
        terminal.wait_painted("Workload", quiet_s=0.15, timeout_s=START_S)
        terminal.send("r")
        terminal.wait_until(lambda: trials_kept() > 0, START_S, "finished trial in the history")
        terminal.send("k")
        assert terminal.wait_end(START_S) == 1
        words = terminal.output.rpartition(LEAVE_SCREEN)[2]
        assert b"gil-tui: KeyError: 'nobody'; GIL_TUI_DEBUG=1 shows where\r\n" in words
        assert b"Traceback" not in terminal.output
        assert_terminal_is_whole(terminal)
        assert_all_gone(terminal, no_orphans)
    assert_nothing_is_lost(1)


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("k", 1)])
def test_what_hangs_keeps_nobody_from_leaving(no_orphans: StartedProcesses, key: str, status: int) -> None:
    hanging = "import asyncio, sys; from gil_tui.cli import main; from gil_tui.tui import app, crash; "
    hanging += "crash.LEAVE_WITHIN_S = 1.0; app.GilTui.action_mask = lambda self: {}['nobody']; "
    hanging += "app.GilTui.close_sessions = lambda self: asyncio.sleep(1e9); sys.exit(main(['countdown']))"
    with Terminal([sys.executable, "-c", hanging]) as terminal:
        terminal.wait_painted("Workload", quiet_s=0.15, timeout_s=START_S)
        terminal.send("r")
        terminal.wait_until(lambda: trials_kept() > 0, START_S, "finished trial in the history")
        terminal.send(key)
        assert terminal.wait_end(START_S) == status
        assert_all_gone(terminal, no_orphans)
        assert_terminal_is_whole(terminal)
    assert_nothing_is_lost(1)


def test_what_the_measured_function_has_started_ends_too(
    no_orphans: StartedProcesses, tmp_path: Path
) -> None:
    """A process in a session of its own, started by the user's function, when the command is killed."""
    source = tmp_path / "stray.py"
    source.write_text(
        "import subprocess, time\n"
        "def work():\n"
        "    subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
        "    time.sleep(0.2)\n"
    )
    command = [
        COMMAND,
        "run",
        f"{source}:work",
        "-e",
        "threads",
        "-w",
        "2",
        "--tasks",
        "20",
        "--repeats",
        "50",
    ]
    with Terminal(command) as terminal:
        terminal.wait_until(lambda: "sleep 1000" in describe(no_orphans.alive()), START_S, "stray process")
        terminal.signal(signal.SIGKILL)
        assert_all_gone(terminal, no_orphans)


@pytest.mark.parametrize("how", ENDS)
def test_the_watch_ends_without_what_it_watches(no_orphans: StartedProcesses, how: str) -> None:
    target = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        with Terminal([COMMAND, "--pid", str(target.pid)]) as terminal:
            terminal.wait_for("held", "switch", timeout_s=START_S)
            terminal.wait_until(lambda: "gil_tui.watch" in describe(no_orphans.alive()), START_S, "watcher")
            ENDS[how](terminal)
            assert_all_gone(terminal, no_orphans, but=(target.pid,))
            if how != "closed terminal":
                assert not terminal.running
                assert_terminal_is_whole(terminal)
        assert target.poll() is None
    finally:
        target.kill()
        target.wait()
