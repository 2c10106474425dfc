"""Over a real SSH server: a line that drops leaves nothing and loses nothing, and tmux lives on by design."""

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.history import default_path
from tests.endurance.ssh import (
    ALIVE_EVERY_S,
    DROPS,
    GIL_TUI,
    KINDS,
    START_S,
    Kind,
    kept,
    look_at,
    session_of,
    start_sweep,
    tmux,
)
from tests.endurance.ssh_server import SshServer, unavailable
from tests.processes import MARK, StartedProcesses, describe

GONE_S = 45.0
"""The server gives a silent line up after three seconds or so, a closed one at once; the rest is patience."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="finds left-over processes through /proc"),
    pytest.mark.skipif(bool(unavailable()), reason=f"no SSH server: {unavailable()}"),
]
needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


@pytest.fixture
def server(
    no_orphans: StartedProcesses, isolation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SshServer]:
    names = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "LANG", MARK)
    environ = {name: os.environ[name] for name in names}
    with SshServer(tmp_path_factory.mktemp("sshd"), environ, alive_every_s=ALIVE_EVERY_S) as one:
        yield one


def assert_gone(started: StartedProcesses, *but: int) -> None:
    deadline_s = time.monotonic() + GONE_S
    while left := [process for process in started.alive() if process.pid not in but]:
        assert time.monotonic() < deadline_s, f"{GONE_S:g} s later:\n{describe(left)}"
        time.sleep(0.05)


def assert_nothing_is_lost(trials_before: int) -> None:
    """The next start has the interrupted runs with their finished trials."""
    ended = subprocess.run([GIL_TUI, "history"], capture_output=True, text=True, timeout=60, check=True)
    assert "interrupted" in ended.stdout
    trials, statuses = kept(default_path())
    assert trials >= trials_before > 0
    assert "running" not in statuses


@pytest.mark.parametrize("how", DROPS)
def test_a_dropped_line_leaves_nothing_and_loses_nothing(
    server: SshServer, no_orphans: StartedProcesses, how: str
) -> None:
    with session_of(server) as session:
        start_sweep(session, default_path())
        trials, _ = kept(default_path())
        DROPS[how](session)
        assert_gone(no_orphans, server.pid, session.terminal.pid)
    assert_nothing_is_lost(trials)
    with session_of(server, shlex.join([GIL_TUI, "history"])) as session:
        assert session.terminal.wait_end(START_S) == 0
        assert "interrupted" in session.terminal.text


@needs_tmux
def test_in_tmux_the_sweep_goes_on_without_the_line(server: SshServer, no_orphans: StartedProcesses) -> None:
    name = f"drop-{uuid.uuid4().hex}"
    with session_of(server, tmux(name, "new-session", "-s", "night")) as session:
        start_sweep(session, default_path())
        DROPS["client killed"](session)
        session.terminal.wait_until(lambda: not session.server.sessions(), GONE_S, "end of the session")
    trials, statuses = kept(default_path())
    assert "running" in statuses or "done" in statuses
    with session_of(server, tmux(name, "attach", "-t", "night")) as session:
        terminal = session.terminal
        terminal.wait_painted("Workload", "countdown", quiet_s=0.1, timeout_s=START_S)
        terminal.wait_until(lambda: kept(default_path())[0] > trials, START_S, "more trials")
        terminal.send("s")
        terminal.wait_until(lambda: "running" not in kept(default_path())[1], START_S, "end of the sweep")
        terminal.send("q")
        terminal.wait_until(lambda: GIL_TUI not in describe(no_orphans.alive()), START_S, "end of the screen")
        terminal.send("exit\r")  # the shell in tmux, and with it the server
        assert terminal.wait_end(START_S) == 0
        assert "Traceback" not in terminal.text
    assert_gone(no_orphans, server.pid)


@needs_tmux
def test_the_end_of_tmux_is_the_end_of_all(server: SshServer, no_orphans: StartedProcesses) -> None:
    name = f"end-{uuid.uuid4().hex}"
    with session_of(server, tmux(name, "new-session")) as session:
        start_sweep(session, default_path())
        trials, _ = kept(default_path())
        with session_of(server, tmux(name, "kill-server")) as other:
            other.terminal.wait_end(START_S)
        session.terminal.wait_end(START_S)
        assert_gone(no_orphans, server.pid)
    assert_nothing_is_lost(trials)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.inside_tmux], ids=lambda kind: kind.name)
def test_terminals_are_drawn_on_or_refused(server: SshServer, kind: Kind) -> None:
    seen = look_at(server, kind)
    assert "Traceback" not in seen.text
    if not kind.drawn:
        assert seen.refused
        assert f"TERM={kind.environ['TERM']}" in seen.text
        assert len(seen.text.strip().splitlines()) == 1
        return
    assert seen.status == 0
    assert seen.whole
    assert seen.mouse is ("--no-mouse" not in kind.options)
    assert "╭" in seen.text
