"""How the commands come by the history, and what happens when it fails them."""

from pathlib import Path

from gil_tui.history import History, NoSuchRunError, StoreError, default_path
from gil_tui.lab.errors import LabError, UsageError
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
    number = text.removeprefix("#")
    try:
        if number.isdecimal():
            return history.run(int(number))
    except (NoSuchRunError, OverflowError):
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
    return history.sweep(text if text in sweeps else sweeps[0])
