"""Whether there is a terminal that the screen can be drawn on."""

import sys
import termios
from collections.abc import Mapping

from gil_tui.lab.errors import LabError

HEADLESS = "`gil-tui run WORKLOAD` needs none"


def refuse_without_terminal(environ: Mapping[str, str]) -> None:
    """Raise LabError where the screen could not be drawn or its keys not be read.

    Textual draws on stderr, so that has to be a terminal and to take UTF-8; without one on stdin its
    input thread would spin.
    """
    stderr = sys.__stderr__
    if sys.__stdin__ is None or not sys.__stdin__.isatty() or stderr is None or not stderr.isatty():
        raise LabError(f"the screen needs a terminal on standard input and standard error; {HEADLESS}")
    if environ.get("TERM", "") in ("", "dumb"):
        raise LabError(f"TERM={environ.get('TERM', '')!s} cannot place the cursor; {HEADLESS}")
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
