"""The verdict so far, on stderr while that is a terminal."""

import os
import shutil
import sys
from typing import TextIO

from gil_tui.commands.progress import CLEAR_LINE
from gil_tui.text import clean, fit
from gil_tui.verdict.model import Verdict


class LiveVerdict:
    """One line that is written anew; `plain`, a new line whenever the verdict changes its code.

    The plain kind is for commands, which write to the same terminal. A terminal that has gone away is
    left alone.
    """

    def __init__(self, *, plain: bool, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._on_terminal = self._stream.isatty()
        self._plain = plain or os.environ.get("TERM", "dumb") == "dumb"
        self._code = ""

    def show(self, verdict: Verdict) -> None:
        """Say what is known so far."""
        text = clean(verdict.sentence)
        if self._plain:
            if verdict.code != self._code:
                self._write(f"gil-tui: so far: {text}\n")
        else:
            self._write(CLEAR_LINE + fit(text, shutil.get_terminal_size().columns - 1))
        self._code = verdict.code

    def clear(self) -> None:
        """Leave the line as it was found."""
        if not self._plain:
            self._write(CLEAR_LINE)

    def _write(self, text: str) -> None:
        if not self._on_terminal:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone; we are told so by SIGHUP
            self._on_terminal = False
