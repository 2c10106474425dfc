"""A terminal whose screen is killed is put in order; one that is somebody else's by then is left alone."""

import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from gil_tui.tui.caretaker import SHELL, as_stty
from tests.benchmarks.terminal import Terminal
from tests.processes import StartedProcesses
from tests.test_endings import START_S, assert_terminal_is_whole

pytestmark = [
    pytest.mark.real,
    pytest.mark.usefixtures("no_orphans"),
    pytest.mark.skipif(sys.platform != "linux", reason="finds left-over processes through /proc"),
    pytest.mark.skipif(not Path(SHELL).exists(), reason=f"no {SHELL}"),
]

TAKES = """
import signal, sys, termios
from gil_tui.tui.caretaker import Caretaker
caretaker = Caretaker(1)
before = termios.tcgetattr(1)
raw = termios.tcgetattr(1)
raw[3] &= ~(termios.ISIG | termios.ICANON | termios.ECHO)
termios.tcsetattr(1, termios.TCSANOW, raw)
print("\\x1b[?1049h\\x1b[?25l\\x1b[?1003h", end="", flush=True)
{then}
print("ready", flush=True)
signal.pause()
"""


def screen(then: str = "") -> Terminal:
    terminal = Terminal([sys.executable, "-c", TAKES.format(then=then)])
    terminal.wait_for("ready", timeout_s=START_S)
    return terminal


def what_is_written_after_a_kill(terminal: Terminal, started: StartedProcesses) -> bytes:
    written = len(terminal.output)
    terminal.signal(signal.SIGKILL)
    assert started.wait_gone(START_S) == []
    terminal.read(0.05)
    return terminal.output[written:]


def test_a_terminal_is_put_in_order(no_orphans: StartedProcesses) -> None:
    with screen() as terminal:
        written = what_is_written_after_a_kill(terminal, no_orphans)
        assert_terminal_is_whole(terminal)
    assert b"\x1b[?1003l" in written


def test_it_outlives_its_group(no_orphans: StartedProcesses) -> None:
    """As a shell ends a job by `kill -9 %1`; SIGHUP, too, goes to all of it when the leader ends."""
    with screen() as terminal:
        os.killpg(terminal.pid, signal.SIGKILL)
        assert no_orphans.wait_gone(START_S) == []
        terminal.read(0.05)
        assert_terminal_is_whole(terminal)


def test_settings_that_a_shell_has_made_meanwhile_stay(no_orphans: StartedProcesses) -> None:
    with screen("raw[3] |= termios.ISIG; termios.tcsetattr(1, termios.TCSANOW, raw)") as terminal:
        set_by_shell = terminal.attributes()
        assert what_is_written_after_a_kill(terminal, no_orphans)
        assert terminal.attributes() == set_by_shell != terminal.before


@pytest.mark.parametrize("then", ["caretaker.left()", "caretaker.close()"])
def test_a_terminal_that_was_left_in_order_is_not_touched(no_orphans: StartedProcesses, then: str) -> None:
    with screen(then) as terminal:
        assert what_is_written_after_a_kill(terminal, no_orphans) == b""


def test_one_that_is_taken_again_is(no_orphans: StartedProcesses) -> None:
    with screen("caretaker.left(); caretaker.taken()") as terminal:
        what_is_written_after_a_kill(terminal, no_orphans)
        assert_terminal_is_whole(terminal)


def test_without_it_the_screen_goes_on(no_orphans: StartedProcesses) -> None:
    """Somebody has killed it, or nothing can be started any more."""
    killed = "caretaker._process.kill(); caretaker._process.wait(); caretaker.left(); caretaker.taken()"
    with screen(f"{killed}; caretaker.close()") as terminal:
        assert what_is_written_after_a_kill(terminal, no_orphans) == b""
    nothing = "import gil_tui.tui.caretaker as module; module.SHELL = '/none'; none = Caretaker(1)"
    with screen(f"caretaker.close(); {nothing}; none.taken(); none.close()") as terminal:
        assert what_is_written_after_a_kill(terminal, no_orphans) == b""


def test_settings_are_written_as_stty_does() -> None:
    with screen() as terminal:
        ran = subprocess.run(["stty", "-g"], stdin=terminal._slave, capture_output=True, text=True)
        assert as_stty(termios.tcgetattr(terminal._slave)) == ran.stdout.strip()
