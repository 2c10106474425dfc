"""The nine points of an audit, from what the history has of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from gil_tui.history.audits import Audits
from gil_tui.history.store import History
from gil_tui.lab.audit_material import material_of
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.records import Run
from gil_tui.verdict.audit import checklist
from gil_tui.verdict.audit_model import Audit, Checklist, Material


@dataclass(frozen=True, slots=True)
class Checked:
    """The points as they stand, what they come from, and the runs behind that, the newest first."""

    checklist: Checklist
    material: Material
    runs: tuple[Run, ...]


def checked(history: History, audit: Audit, interpreters: Iterable[Interpreter]) -> Checked:
    """Answer what can be answered; `interpreters` are those of this host. Raises StoreError."""
    audits = Audits(history)
    runs = audits.runs_of(audit)
    material = material_of(audit, runs, audits.watches_of(audit), interpreters)
    return Checked(checklist(audit, material), material, tuple(runs))
