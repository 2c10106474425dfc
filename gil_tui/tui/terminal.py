"""Whether there is a terminal that the screen can be drawn on."""

import sys
import termios
from collections.abc import Mapping

from gil_tui.lab.errors import LabError

HEADLESS = "`gil-tui run WORKLOAD` needs none"
WITHOUT_CURSOR = ("", "dumb", "unknown")
WITHOUT_UTF8 = ("vt52", "vt100", "vt102")
"""They would show the codes of colours and of another screen, or ignore them, and one byte as one cell."""


def refuse_without_terminal(environ: Mapping[str, str]) -> None:
    """Raise LabError where the screen could not be drawn or its keys not be read.

    Textual draws on stderr, so that has to be a terminal and to take UTF-8; without one on stdin its
    input thread would spin.
    """
    stderr = sys.__stderr__
    if sys.__stdin__ is None or not sys.__stdin__.isatty() or stderr is None or not stderr.isatty():
        raise LabError(f"the screen needs a terminal on standard input and standard error; {HEADLESS}")
    term = environ.get("TERM", "")
    if term in WITHOUT_CURSOR:
        raise LabError(f"TERM={term} cannot place the cursor; {HEADLESS}")
    if term in WITHOUT_UTF8:
        raise LabError(
            f"TERM={term} has neither colours nor UTF-8 (where yours has: TERM=xterm-256color); {HEADLESS}"
        )
    encoding = (stderr.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        raise LabError(
            f"the terminal takes {stderr.encoding}, the screen needs UTF-8 (LANG=C.UTF-8); {HEADLESS}"
        )


def is_gone() -> bool:
    """True when the terminal has been closed, or the line to it has dropped."""
    try:
        termios.tcgetattr(sys.__stdin__)  # type: ignore[arg-type]  # there is one, or the screen was refused
    except termios.error:
        return True
    return False
