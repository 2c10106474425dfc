"""What a person calls a run, a sweep, a watch or an audit, found in the history."""

import re

from gil_tui.history.audits import Audits, NoSuchAuditError
from gil_tui.history.errors import NoSuchRunError
from gil_tui.history.store import History
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.verdict.audit_model import Audit

_WATCH = re.compile(r"watch[:#]#?(\d{1,18})")
_RUN = re.compile(r"#?(\d{1,18})")


def called(history: History, text: str) -> tuple[str, int | None]:
    """The sweep whose id begins so, and the number of the run where it is one, as `41` or `#41`.

    Raises UsageError for the beginning of several, LabError or NoSuchRunError where there is none.
    """
    number = _RUN.fullmatch(text)
    try:
        if number:
            return history.run(int(number[1])).sweep_id, int(number[1])
    except NoSuchRunError:
        if text.startswith("#"):
            raise
    sweeps = history.sweep_ids(text)
    if not sweeps:
        raise LabError(
            f"no run or sweep {text} in the history; `gil-tui history` lists the runs, "
            "`gil-tui show ID` names a run's sweep"
        )
    if len(sweeps) > 1 and text not in sweeps:
        raise UsageError(f"{text} is the beginning of several sweeps: {', '.join(sweeps)}")
    return (text if text in sweeps else sweeps[0]), None


def watch_called(text: str) -> int | None:
    """The number of the watch that is called `watch:3`; None for what is no watch's name."""
    found = _WATCH.fullmatch(text)
    return int(found[1]) if found else None


def audit_called(history: History, name: str) -> Audit:
    """The audit of that title, subject or number, else the one whose title or subject begins so.

    Raises UsageError for the beginning of several, LabError where there is none.
    """
    audits = Audits(history)
    try:
        return audits.named(name)
    except NoSuchAuditError as error:
        begun = [
            one
            for one in audits.all()
            if name and (one.title.startswith(name) or one.subject.startswith(name))
        ]
        if not begun:
            raise LabError(str(error)) from error
    if len(begun) > 1:
        told = ", ".join(f"{one.id} ({one.title})" for one in begun)
        raise UsageError(f"{name} is the beginning of several audits: {told}")
    return begun[0]
