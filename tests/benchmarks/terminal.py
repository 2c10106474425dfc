"""A program in a pseudo-terminal of its own: keys go in, bytes come out with the time they came.

Reads the raw stream and looks for text in it, which needs no emulator: what a program paints in one style
arrives in one piece.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ESCAPES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    rb"|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"  # strings such as titles and clipboard
    rb"|\x1b[ -/]*[0-~]"
)

ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that came at `time_s` (monotonic)."""

    time_s: float
    data: bytes


class Terminal:
    """Starts `command` as the leader of a session on a new terminal; use it as a context manager.

    The terminal stays open until `close`, also when the program has ended: `attributes` can be compared
    with those `before`. `started_s` is taken right before the fork.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        environ = {"TERM": "xterm-256color"} | dict(os.environ if environ is None else environ)
        self._master, self._slave = pty.openpty()
        self._ends = [self._master, self._slave]
        self.resize(columns, rows)
        self.before = self.attributes()
        self.chunks: list[Chunk] = []
        self.status: int | None = None
        self.started_s = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(command, environ, folder)

    def _become(self, command: Sequence[str], environ: Mapping[str, str], folder: Path | None) -> None:
        try:
            os.close(self._master)
            os.login_tty(self._slave)
            if folder:
                os.chdir(folder)
            os.execvpe(command[0], list(command), dict(environ))
        finally:
            os._exit(127)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def output(self) -> bytes:
        """All bytes so far."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def text(self) -> str:
        """All text so far, without escape sequences, in the order it was painted."""
        return ESCAPES.sub(b"", self.output).decode(errors="replace")

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet; sets `status` when it has."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    @property
    def is_open(self) -> bool:
        """Whether the terminal stands; False once it was hung up."""
        return bool(self._ends)

    def attributes(self) -> list[Any]:
        """The terminal's settings (termios)."""
        return termios.tcgetattr(self._slave)

    def send(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size; the kernel tells the program by SIGWINCH."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        if self.running:
            os.kill(self.pid, number)

    def read(self, seconds: float) -> bool:
        """Take what comes within `seconds`, at least once; True if something came."""
        if not self._ends:
            time.sleep(seconds)
            return False
        came = False
        deadline_s = time.monotonic() + seconds
        while True:
            left_s = max(0.0, deadline_s - time.monotonic())
            if not select.select([self._master], [], [], left_s)[0]:
                return came
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # EIO: nobody has the other end open
                return came
            self.chunks.append(Chunk(time.monotonic(), data))
            came = True

    def wait_until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> float:
        """Read until `condition` holds; return that time. Raises TimeoutError naming `what`."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"no {what} within {timeout_s:g} s; on the screen:\n{self.text[-2000:]}")
            self.read(0.02)
        return time.monotonic()

    def wait_for(self, *texts: str, timeout_s: float = 10.0) -> float:
        """Read until all `texts` have been painted since the start."""
        return self.wait_until(lambda: all(text in self.text for text in texts), timeout_s, f"text {texts}")

    def wait_painted(self, *texts: str, quiet_s: float, timeout_s: float = 30.0) -> float:
        """Read until all `texts` are there and nothing came for `quiet_s`; return when the last byte came."""

        def quiet() -> bool:
            return time.monotonic() - self.chunks[-1].time_s >= quiet_s

        self.wait_for(*texts, timeout_s=timeout_s)
        self.wait_until(quiet, timeout_s, f"{quiet_s:g} s without output")
        return self.chunks[-1].time_s

    def wait_end(self, timeout_s: float = 5.0) -> int:
        """Read until the program has ended; return its status, negative for a signal."""
        self.wait_until(lambda: not self.running, timeout_s, "end of the program")
        self.read(0)
        assert self.status is not None
        return self.status

    def hang_up(self) -> None:
        """Close the terminal under the program, as a dropped line does."""
        while self._ends:
            os.close(self._ends.pop())

    def close(self) -> None:
        """Hang up, and end the program if it is still there."""
        self.hang_up()
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
