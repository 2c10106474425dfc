"""What every test gets: a home and a terminal of its own, and a look at what a real one leaves behind."""

import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from gil_tui.lab.interpreters import Interpreter, find_interpreters
from tests.processes import MARK, StartedProcesses, describe

for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:  # as in the background
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

# No test is about time: a busy machine must not make one fail.
settings.register_profile("gil-tui", deadline=None)
settings.load_profile("gil-tui")

# Textual reads this one when it is imported, which a fixture would be too late for.
os.environ["TEXTUAL_ANIMATIONS"] = "none"

FROZEN = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
UNSET = (
    "NO_COLOR",
    "FORCE_COLOR",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "LANGUAGE",
    "TMUX",
    "SSH_CONNECTION",
    "XDG_CONFIG_HOME",
    *(name for name in os.environ if name.startswith("PYTHON")),  # such as PYTHONUNBUFFERED, which hides bugs
)


@pytest.fixture(autouse=True)
def isolation(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home without the settings of whoever runs the tests; one terminal and locale everywhere."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    for name, value in FROZEN.items():
        monkeypatch.setenv(name, value)
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(scope="session")
def turnstile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def company(request: pytest.FixtureRequest, turnstile: Path) -> Iterator[None]:
    """A test marked `alone` runs while no other one does: who comes through the gate first is next."""
    wanted = fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH
    with open(turnstile / "gate", "w") as gate, open(turnstile / "room", "w") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, wanted)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture(scope="session")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> list[Interpreter]:
    """The real interpreters of this host, none switched, the running one first; looked for once."""
    cache = str(tmp_path_factory.mktemp("interpreters"))
    found = find_interpreters({**os.environ, "XDG_CACHE_HOME": cache})
    return [one for one in found if one.key == one.path]


@pytest.fixture
def started_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[StartedProcesses]:
    """Knows the processes this test starts; what is left at its end is ended."""
    started = StartedProcesses()
    monkeypatch.setenv(MARK, started.mark)
    yield started
    started.end()


@pytest.fixture
def no_orphans(started_processes: StartedProcesses) -> Iterator[StartedProcesses]:
    """Fails the test if anything it started outlives it by 3 s; `alive` and `wait_gone` ask earlier."""
    yield started_processes
    left = started_processes.wait_gone()
    if left:
        pytest.fail(f"left running:\n{describe(left)}")


@pytest.fixture(autouse=True)
def real_tests_leave_nothing(request: pytest.FixtureRequest) -> None:
    """Every test marked `real` is held to `no_orphans`, whether it asks or not."""
    if request.node.get_closest_marker("real"):
        request.getfixturevalue("no_orphans")
