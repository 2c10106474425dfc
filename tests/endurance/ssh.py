"""Over a real SSH server on the loopback: lines that drop, bytes on the wire, kinds of terminal.

    python -m tests.endurance.ssh [--only drops,bytes,terminals] [--rounds N] [--seconds S]

Starts an sshd of its own with keys of its own in a temporary folder (see `ssh_server.py`), prints one table
a part, and exits with 1 where something was left running, a trial was lost, a terminal was left dirty, or
the wire carried more than 15 kB/s.
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import ENTER_SCREEN, HIDE_CURSOR, LEAVE_SCREEN, SHOW_CURSOR, Terminal
from tests.endurance.soak import busy_process
from tests.endurance.ssh_server import Line, SshServer, kill, unavailable
from tests.processes import MARK, StartedProcesses, describe

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
START_S = 60.0
GONE_S = 45.0
MOST_BYTES_PER_S = 15_000
ALIVE_EVERY_S = 1
MOUSE = b"\x1b[?1000h"
SGR = re.compile(rb"\x1b\[([\d;]*)m")
"""Codes of colours and attributes."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person's terminal with the client in it, the server and the wire between them."""

    terminal: Terminal
    server: SshServer
    line: Line


def _kill_client(session: Session) -> None:
    session.terminal.signal(signal.SIGKILL)


def _kill_server_side(session: Session) -> None:
    for process in session.server.sessions():
        kill(process)


def _freeze(session: Session) -> None:
    session.line.frozen = True


def _close_window(session: Session) -> None:
    session.terminal.hang_up()


DROPS: Mapping[str, Callable[[Session], None]] = {
    "client killed": _kill_client,
    "session killed": _kill_server_side,
    "silent line": _freeze,
    "window closed": _close_window,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of terminal: what the environment says, whether the screen is drawn on it, in which language."""

    name: str
    environ: Mapping[str, str]
    drawn: bool = True
    options: tuple[str, ...] = ()
    inside_tmux: bool = False


KINDS = (
    Kind("xterm-256color", {"TERM": "xterm-256color"}),
    Kind("screen", {"TERM": "screen"}),
    Kind("tmux-256color", {"TERM": "tmux-256color"}),
    Kind("linux", {"TERM": "linux"}),
    Kind("LANG=C", {"TERM": "xterm-256color", "LANG": "C"}),
    Kind("LC_ALL=C", {"TERM": "xterm-256color", "LC_ALL": "C"}),
    Kind("no mouse", {"TERM": "xterm-256color"}, options=("--no-mouse",)),
    Kind("NO_COLOR", {"TERM": "xterm-256color", "NO_COLOR": "1"}),
    Kind("inside tmux", {"TERM": "xterm-256color"}, inside_tmux=True),
    Kind("vt100", {"TERM": "vt100"}, drawn=False),
    Kind("dumb", {"TERM": "dumb"}, drawn=False),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a kind of terminal got: all text and bytes, the exit code, and whether it is whole afterwards."""

    text: str
    output: bytes
    status: int

    @property
    def whole(self) -> bool:
        """True where the other screen has been left and the cursor is shown."""
        left = self.output.rfind(LEAVE_SCREEN) >= self.output.rfind(ENTER_SCREEN)
        return left and self.output.rfind(SHOW_CURSOR) >= self.output.rfind(HIDE_CURSOR)

    @property
    def mouse(self) -> bool:
        """True where reports of the mouse were asked for."""
        return MOUSE in self.output

    @property
    def refused(self) -> bool:
        """True where one line named the command that needs no such terminal."""
        return self.status == 1 and "gil-tui run" in self.text and ENTER_SCREEN not in self.output


@contextmanager
def session_of(server: SshServer, *words: str, client: Mapping[str, str] | None = None) -> Iterator[Session]:
    """A login in a terminal of 120x40; `words` are run by the shell there, without any it is an open one."""
    environ = {**os.environ, "TERM": "xterm-256color"} | dict(client or {})
    with (
        Line(server.port) as line,
        Terminal(server.login(*words, port=line.port), environ=environ) as terminal,
    ):
        yield Session(terminal, server, line)


def tmux(name: str, *words: str) -> str:
    """A command line of a tmux server of our own."""
    return shlex.join(["tmux", "-L", name, "-f", "/dev/null", *words])


def look_at(server: SshServer, kind: Kind) -> Seen:
    """Start the screen on such a terminal, wait for its picture or its refusal, and quit."""
    told = [f"{name}={value}" for name, value in kind.environ.items() if name != "TERM"]
    words = shlex.join(["env", "-u", "LANG", "-u", "LC_ALL", *told, GIL_TUI, "countdown", *kind.options])
    if kind.inside_tmux:
        words = tmux(f"look-{uuid.uuid4().hex}", "-u", "new-session", words)
    with session_of(server, words, client=kind.environ) as session:
        terminal = session.terminal
        if kind.drawn:
            terminal.wait_painted("Workload", "countdown", "Quit", quiet_s=0.3, timeout_s=START_S)
            terminal.send("q")
        status = terminal.wait_end(START_S)
        terminal.read(0.2)
        return Seen(terminal.text, terminal.output, status)


def kept(path: Path) -> tuple[int, list[str]]:
    """Finished trials of all runs, and the runs' statuses; read beside whoever has the store open."""
    if not path.exists():
        return 0, []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute("SELECT trials, status FROM runs").fetchall()
        except sqlite3.OperationalError:  # it is just being made
            return 0, []
    return sum(trials for trials, _ in found), [status for _, status in found]


class Scene:
    """A server, and a home for what is started over it; what is left there can be found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history = folder / "state" / "gil-tui" / "history.sqlite3"
        self.started = StartedProcesses()
        environ = {
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "LANG": "C.UTF-8",
            MARK: self.started.mark,
        }
        self.server = SshServer(folder, environ, alive_every_s=ALIVE_EVERY_S)

    def left(self, *but: int) -> list[str]:
        """What still runs, but the server and these."""
        known = {self.server.pid, *but}
        return describe([one for one in self.started.alive() if one.pid not in known]).splitlines()


@contextmanager
def scene() -> Iterator[Scene]:
    """A scene in a temporary folder; what it left is ended."""
    with tempfile.TemporaryDirectory() as folder:
        one = Scene(Path(folder))
        try:
            with one.server:
                yield one
        finally:
            one.started.end()


def start_sweep(session: Session, path: Path) -> None:
    """Type the command at the shell's prompt, run a sweep, and wait for a finished trial."""
    session.terminal.send(shlex.join([GIL_TUI, "countdown"]) + "\r")
    session.terminal.wait_painted("Workload", quiet_s=0.3, timeout_s=START_S)
    before = kept(path)[0]
    session.terminal.send("r")
    session.terminal.wait_until(lambda: kept(path)[0] > before, START_S, "finished trial")


def drop_rounds(rounds: int) -> int:
    """Print a line for each drop; the number of those that went wrong."""
    rows, bad = [], 0
    with scene() as stage:
        for number in range(rounds):
            for name in DROPS:
                gone_s, left, before, after, statuses = one_drop(stage, name)
                wrong = bool(left) or after < before or "running" in statuses
                bad += wrong
                state = "wrong: " + "; ".join(left) if wrong else "ok"
                rows.append((f"{name} {number + 1}", f"{gone_s:.1f} s", str(before), str(after), state))
                print(*rows[-1], file=sys.stderr, flush=True)
    title = "a sweep on the screen, and the line drops"
    print_table(title, ("how", "all gone after", "trials before", "kept", ""), rows)
    return bad


def one_drop(stage: Scene, name: str) -> tuple[float, list[str], int, int, list[str]]:
    """Seconds until all had gone, what had not, finished trials before and kept, statuses of all runs."""
    with session_of(stage.server) as session:
        start_sweep(session, stage.history)
        before = kept(stage.history)[0]
        began_s = time.monotonic()
        DROPS[name](session)
        while (left := stage.left(session.terminal.pid)) and time.monotonic() < began_s + GONE_S:
            session.terminal.read(0.05)
        gone_s = time.monotonic() - began_s
    environ = {**os.environ, "XDG_STATE_HOME": str(stage.folder / "state"), "HOME": str(stage.folder)}
    subprocess.run([GIL_TUI, "history", "--limit", "1"], env=environ, check=True, capture_output=True)
    after, statuses = kept(stage.history)
    return gone_s, left, before, after, statuses


def byte_rates(seconds: float) -> int:
    """Print what the wire carries while something moves; the number of cases above the limit."""
    rows, bad = [], 0
    with scene() as stage, busy_process(100) as many, busy_process(4) as few:
        for name, options, keys in (
            ("Lab, nothing runs", ["countdown"], ""),
            ("Lab, sweep", ["countdown"], "r"),
            ("Watch, 4 threads", ["--pid", str(few)], ""),
            ("Watch, 100 threads", ["--pid", str(many)], ""),
        ):
            rates = wire_rate(stage, options, keys, seconds)
            bad += rates[0] > MOST_BYTES_PER_S
            rows.append((name, *(f"{rate:,.0f} B/s" for rate in rates)))
            print(*rows[-1], file=sys.stderr, flush=True)
    title = f"at 120x40 over {seconds:g} s; at most {MOST_BYTES_PER_S:,} B/s down"
    print_table(title, ("", "down the wire", "up", "on the terminal", "compressed (-C)"), rows)
    return bad


def wire_rate(stage: Scene, options: list[str], keys: str, seconds: float) -> list[float]:
    """Bytes a second: down, up, to the terminal, and down on a line with compression."""
    down, up, shown = _rate(stage, options, keys, seconds)
    compressed, _, _ = _rate(stage, options, keys, seconds, "-C")
    return [down, up, shown, compressed]


def _rate(
    stage: Scene, options: list[str], keys: str, seconds: float, *client: str
) -> tuple[float, float, float]:
    words = shlex.join([GIL_TUI, *options])
    environ = {**os.environ, "TERM": "xterm-256color"}
    with Line(stage.server.port) as line:
        login = stage.server.login(words, port=line.port, options=client)
        with Terminal(login, environ=environ) as terminal:
            terminal.wait_painted("Workload" if "--pid" not in options else "held", quiet_s=0.1)
            terminal.send(keys)
            terminal.read(5.0)
            before = line.down_bytes, line.up_bytes, len(terminal.output)
            terminal.read(seconds)
            after = line.down_bytes, line.up_bytes, len(terminal.output)
            terminal.send("q")
            terminal.wait_end(START_S)
    down, up, shown = ((late - early) / seconds for early, late in zip(before, after, strict=True))
    return down, up, shown


def terminal_table() -> int:
    """Print what each kind of terminal gets; the number of those that are not served as they should be."""
    rows, bad = [], 0
    with scene() as stage:
        for kind in KINDS:
            if kind.inside_tmux and not shutil.which("tmux"):
                continue
            seen = look_at(stage.server, kind)
            as_it_should = seen.status == 0 and seen.whole if kind.drawn else seen.refused
            as_it_should &= "Traceback" not in seen.text
            bad += not as_it_should
            rows.append(
                (
                    kind.name,
                    "drawn" if ENTER_SCREEN in seen.output else "refused",
                    "mouse" if seen.mouse else "no mouse",
                    _colours(seen.output),
                    str(seen.status),
                    "ok" if as_it_should else "wrong",
                )
            )
            print(*rows[-1], file=sys.stderr, flush=True)
            if not kind.drawn:
                print(f"  {seen.text.strip()}", file=sys.stderr)
    print_table("kinds of terminal", ("TERM", "screen", "mouse", "colours", "exit code", ""), rows)
    return bad


def _colours(output: bytes) -> str:
    codes = [code for found in SGR.findall(output) for code in found.split(b";")]
    if b"38" in codes or b"48" in codes:
        return "16 million" if b"38;2;" in output or b"48;2;" in output else "256"
    return "16" if any(30 <= int(code or 0) <= 47 for code in codes) else "none"


def main() -> int:
    """Try all, print; 1 where something was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="drops,bytes,terminals")
    parser.add_argument("--rounds", type=int, default=3, help="of all drops")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each count of bytes")
    arguments = parser.parse_args()
    why_not = unavailable()
    if why_not:
        print(f"no SSH server can be started here: {why_not}", file=sys.stderr)
        return 2
    parts: dict[str, Callable[[], int]] = {
        "drops": lambda: drop_rounds(arguments.rounds),
        "bytes": lambda: byte_rates(arguments.seconds),
        "terminals": terminal_table,
    }
    bad = sum(parts[name]() for name in arguments.only.split(","))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
