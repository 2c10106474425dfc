"""How the commands come by the history, and what happens when it fails them."""

from pathlib import Path

from gil_tui.history import History, StoreError, default_path
from gil_tui.history.calling import called
from gil_tui.lab.records import Run


def reading(path: Path | None = None) -> History:
    """The history to look into; one that may not be written, is full or busy is read as it is."""
    path = path or default_path()
    if not path.exists():
        return History.in_memory()
    try:
        return History.open(path)
    except StoreError as error:
        if error.kind not in ("read-only", "full", "locked"):
            raise
        return History.open(path, read_only=True)


def found(history: History, text: str) -> Run | list[Run]:
    """The run of this number, else the runs of the sweep whose id begins so; raises LabError, UsageError."""
    sweep_id, run_id = called(history, text)
    return history.sweep(sweep_id) if run_id is None else history.run(run_id)
