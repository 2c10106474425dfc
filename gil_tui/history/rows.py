"""A run as one line of the history: what is listed, sorted and filtered by."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

from gil_tui.bench.spec import switches
from gil_tui.lab.records import Run


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One run in the list: times are medians of the trials with their 95 % interval, in seconds.

    `executor` carries the start method (`processes:spawn`), `python` is such as `3.13.2`, `3.13.2t`
    (free-threaded), `3.13.2t +gil` or `PyPy 3.9.16`. `speedup` is against `sequential`; None is "not
    measured".
    """

    id: int
    sweep_id: str
    created_at: str
    workload: str
    executor: str
    workers: int
    python: str
    wall_s: float | None
    wall_low_s: float | None
    wall_high_s: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    verdict: str | None
    status: str
    trials: int

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = tuple(field.name for field in fields(HistoryRow))
_KINDS_OF_COLUMNS = tuple(
    {kind}
    if isinstance(kind, type)
    else {int, *get_args(kind)}
    if float in get_args(kind)
    else {*get_args(kind)}
    for kind in get_type_hints(HistoryRow).values()
)


def row_of(values: Sequence[Any]) -> HistoryRow:
    """The columns of one run as its line; ValueError for a value of another type, which SQLite lets be."""
    for value, kinds, name in zip(values, _KINDS_OF_COLUMNS, COLUMNS, strict=True):
        if type(value) not in kinds:
            raise ValueError(f"{name} is {value!r:.40}")
    return HistoryRow(*values)


def columns_of(run: Run, trials: int) -> dict[str, Any]:
    """The run's values for the table `runs`, all but its number and owner."""
    wall, speedup = run.wall_s, run.speedup
    columns = {
        "sweep_id": run.sweep_id,
        "created_at": run.created_at,
        "workload": _storable(run.experiment.workload),
        "executor": executor_label(run),
        "workers": run.experiment.workers,
        "python": _storable(python_label(run)),
        "wall_s": wall.median if wall else None,
        "wall_low_s": wall.low if wall else None,
        "wall_high_s": wall.high if wall else None,
        "speedup": speedup.median if speedup else None,
        "speedup_low": speedup.low if speedup else None,
        "speedup_high": speedup.high if speedup else None,
        "verdict": run.verdict.code if run.verdict else None,
        "status": run.status,
        "trials": trials,
    }
    return columns | {"search": _search_text(columns)}


def executor_label(run: Run) -> str:
    """The executor with its start method, without the workers."""
    experiment = run.experiment
    return (
        f"{experiment.executor}:{experiment.start_method}" if experiment.start_method else experiment.executor
    )


def python_label(run: Run) -> str:
    """Version of the interpreter with what is switched in it; its file's name when it never said hello."""
    python, experiment = run.python, run.experiment
    switched = switches(experiment.gil, experiment.jit)
    behind = f" {switched}" if switched else ""
    if python is None:
        return f"{Path(experiment.interpreter).name}{behind}"
    named = "" if python.implementation.casefold() == "cpython" else f"{python.implementation} "
    return f"{named}{python.version}{'t' if python.free_threaded else ''}{behind}"


def local_time(created_at: str) -> str:
    """The moment in the reader's time zone, such as `2026-03-01 14:02`; as it stands if it is no date."""
    try:
        return datetime.fromisoformat(created_at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return created_at


def _storable(text: str) -> str:
    """Without what no UTF-8 can hold, such as the odd bytes of a file name."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _search_text(columns: dict[str, Any]) -> str:
    """What a person sees of the row and may type, in small letters."""
    executor, workers = columns["executor"], columns["workers"]
    parts = (
        local_time(columns["created_at"]),
        columns["workload"],
        executor if executor == "sequential" else f"{executor} x{workers}",
        columns["python"],
        columns["verdict"] or "",
        columns["status"],
    )
    return " ".join(parts).lower()
