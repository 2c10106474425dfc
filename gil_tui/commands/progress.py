"""The progress line of a sweep, on stderr while that is a terminal."""

import os
import shutil
import sys
from typing import TextIO

from gil_tui.bench.spec import Experiment
from gil_tui.lab.events import Calibrating, LabEvent, Progressed, SweepEnded, TrialStarted, Warned
from gil_tui.text import clean, fit, left

CLEAR_LINE = "\r\x1b[K"


class ProgressLine:
    """Says what is under way and how long it will take; warnings stay, each on a line of its own.

    Nothing but warnings is written where `stream` is no terminal that understands a cleared line. A
    terminal that has gone away is left alone.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._doing = ""
        self._share = 0.0
        self._left_s: float | None = None

    def hear(self, event: LabEvent) -> None:
        """Take in one fact."""
        match event:
            case Calibrating(handover=Experiment(label=label)):
                self._doing = f"{label}: what handing a task over costs"
            case Calibrating(workload=workload):
                self._doing = f"{clean(workload)}: looking for the size"
            case TrialStarted(experiment=experiment, number=number):
                self._doing = f"{clean(experiment.workload)} {experiment.label}, trial {number}"
            case Progressed(share=share, left_s=left_s):
                self._share, self._left_s = share, left_s
            case Warned(message=message):
                self._write(f"{CLEAR_LINE if self._live else ''}gil-tui: {clean(message)}\n")
            case SweepEnded():
                self.clear()
                return
            case _:
                return
        self._draw()

    def say(self, doing: str, share: float, left_s: float | None) -> None:
        """Say what is under way, how much is done, and how long the rest will take."""
        self._doing, self._share, self._left_s = doing, share, left_s
        self._draw()

    def clear(self) -> None:
        """Leave the line as it was found."""
        if self._live:
            self._write(CLEAR_LINE)

    def _draw(self) -> None:
        if self._live:
            line = f"{self._share:4.0%}  {self._doing}"
            line += f"  {left(self._left_s)}" if self._left_s is not None else ""
            self._write(CLEAR_LINE + fit(line, shutil.get_terminal_size().columns - 1))

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone; the sweep is told so by SIGHUP
            self._live = False
