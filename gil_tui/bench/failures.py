"""What went wrong, in one line and a bounded traceback without the bench's own frames."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import List, Optional, Sequence

MESSAGE_CHARS = 300
TRACEBACK_CHARS = 8000

_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_IMPORT_SYSTEM = ("<frozen importlib", os.path.dirname(os.__file__) + "/importlib/")


class JobError(Exception):
    """The end of a job: `kind` is one of `spec.FAILURES`; it can be pickled whatever caused it."""

    def __init__(self, kind: str, message: str, traceback: str = "") -> None:
        super().__init__(kind, message, traceback)
        self.kind = kind
        self.message = one_line(message)
        self.traceback = traceback


def caused(kind: str, error: BaseException, where: str) -> JobError:
    """The failure that `error` is: `where` it happened, its type, what it says, and its traceback."""
    return JobError(kind, "%s: %s" % (where, in_words(error)), _traceback_text(error))


def in_words(error: BaseException) -> str:
    """Type and text of an exception, such as `ValueError: no such shop`."""
    try:
        text = str(error)
    except Exception as broken:
        text = "its text cannot be had: %s" % type(broken).__name__
    name = type(error).__name__
    return "%s: %s" % (name, text) if text else name


def one_line(text: str, limit: int = MESSAGE_CHARS) -> str:
    """`text` without line breaks, shortened at its end."""
    line = " ".join(text[: 4 * limit].split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def ended_in_words(exit_code: int) -> str:
    """How a worker process ended, from `Process.exitcode`: minus the signal that killed it."""
    if exit_code >= 0:
        return "ended by itself with exit code %d" % exit_code
    try:
        return "was killed by %s" % signal.Signals(-exit_code).name
    except ValueError:
        return "was killed by signal %d" % -exit_code


def nearest(name: str, known: Sequence[str]) -> str:
    """`; did you mean a, b?` for the names most like `name`, empty if there are none."""
    import difflib

    near = difflib.get_close_matches(name, known, 3)
    return "; did you mean %s?" % ", ".join(near) if near else ""


def _traceback_text(error: BaseException) -> str:
    import traceback

    links: List[BaseException] = []
    link: Optional[BaseException] = error
    while link is not None and link not in links and len(links) < 20:
        links.append(link)
        link.__traceback__ = _without_own_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    if len(text) <= TRACEBACK_CHARS:
        return text
    half = TRACEBACK_CHARS // 2
    return text[:half] + "\n[...]\n" + text[-half:]


def _without_own_frames(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    """What lies below the bench's last frame, and below the import that it asked for."""
    frame = trace
    while frame is not None:
        if _file(frame).startswith(_FOLDER):
            trace = frame.tb_next
        frame = frame.tb_next
    while trace is not None and _file(trace).startswith(_IMPORT_SYSTEM):
        trace = trace.tb_next
    return trace


def _file(trace: TracebackType) -> str:
    return trace.tb_frame.f_code.co_filename
