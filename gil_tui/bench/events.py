"""Events to the application: one JSON line each."""

from __future__ import annotations

import json
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROGRESS_S = 0.25
"""The least time between two reports of progress."""


class Events:
    """Writes to the pipe `fd`, from the process that made it only: the function may fork and return."""

    def __init__(self, fd: int, token: str = "") -> None:
        self._fd = fd
        self._token = token
        self._pid = os.getpid()
        self._progress_at_s = 0.0

    def send(self, event: str, **fields: Any) -> None:
        """Send one event, stamped now. BrokenPipeError if nobody listens any more."""
        if os.getpid() != self._pid:
            return
        line = json.dumps(dict(fields, event=event, token=self._token, t_s=time.monotonic())) + "\n"
        left = memoryview(line.encode("ascii"))
        while left:
            left = left[os.write(self._fd, left) :]

    def progress(self, done: int, total: int) -> None:
        """Say that `done` of `total` tasks are, unless that was said a moment ago."""
        now_s = time.monotonic()
        if now_s >= self._progress_at_s:
            self._progress_at_s = now_s + PROGRESS_S
            self.send("progress", done=done, total=total)
