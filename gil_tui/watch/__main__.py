"""The watcher: takes commands as JSON lines on stdin, writes frames as JSON lines on stdout.

=====================  ==================================================================
`{"watch": PID}`       look at this process and its descendants from now on
`{"unwatch": true}`    look at nothing
`{"cut": true}`        end the frame under way now, and look for new processes at once
`{"rate_hz": 200}`     samples of the gauge a second (default 100), for the next `watch`
=====================  ==================================================================

A frame covers a third of a second, more when there are many threads. The watcher ends with its
standard input, which the kernel closes however the parent ends.
"""

import json
import math
import os
import select
import signal
import sys
import time
from typing import Any

from gil_tui.watch.frames import Frame
from gil_tui.watch.pace import GIL_RATE_HZ
from gil_tui.watch.session import Session

_LONGEST_COMMAND = 1 << 16


class Watcher:
    """Carries out commands; `out` is the descriptor that frames are written to."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._rate_hz = GIL_RATE_HZ
        self._session: Session | None = None

    def run(self, commands: int) -> None:
        """Work until the descriptor `commands` has come to its end."""
        rest = b""
        while True:
            readable = self._wait(commands)
            if commands in readable:
                data = os.read(commands, _LONGEST_COMMAND)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self.obey(_command(line))
            if self._session:
                self._tell(self._session.work(ending=self._session.ending in readable))

    def obey(self, command: dict[str, Any]) -> None:
        """Carry out one command; what is not understood is passed over."""
        rate_hz, pid = _positive(command.get("rate_hz")), _positive(command.get("watch"))
        if rate_hz:
            self._rate_hz = rate_hz
        if pid or command.get("unwatch"):
            self.close()
        if pid:
            self._session = Session(int(pid), self._rate_hz)
        if command.get("cut") and self._session:
            self._tell(self._session.cut())

    def close(self) -> None:
        """Watch nothing."""
        if self._session:
            self._session.close()
            self._session = None

    def _wait(self, commands: int) -> list[int]:
        """Until there is a command or something to do; the descriptors that can be read."""
        if self._session is None:
            return select.select([commands], [], [])[0]
        ending = [] if self._session.ending is None else [self._session.ending]
        timeout_s = max(0.0, self._session.next_s - time.monotonic())
        return select.select([commands, *ending], [], [], timeout_s)[0]

    def _tell(self, frame: Frame | None) -> None:
        if frame is None:
            return
        line = memoryview(json.dumps(frame.to_json()).encode() + b"\n")
        while line:
            line = line[os.write(self._out, line) :]
        if frame.ended:
            self.close()


def _command(line: bytes) -> dict[str, Any]:
    try:
        command = json.loads(line)
    except ValueError:
        return {}
    return command if isinstance(command, dict) else {}


def _positive(value: object) -> float:
    """The number if it is one above 0, else 0."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return max(float(value), 0.0)
    return 0.0


def main() -> int:
    """Run as a child: frames to stdout, commands from stdin."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    watcher = Watcher(sys.stdout.fileno())
    try:
        watcher.run(sys.stdin.fileno())
    except BrokenPipeError:
        return 1
    finally:
        watcher.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
