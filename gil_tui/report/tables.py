"""The raw data of a report as tables (CSV): runs, trials, the threads of watches, the points of an audit."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from gil_tui.history.rows import executor_label, python_label
from gil_tui.history.watches import KeptWatch
from gil_tui.lab.records import Run, Trial
from gil_tui.report.data import Report
from gil_tui.text import clean
from gil_tui.verdict.audit_model import Point

OWN_COLUMN = "gil_tui_version"
"""The first column of a table: by it a file is known as one of gil-tui's own."""
FORMULA = tuple("=+-@\t\r")
"""With one of these a spreadsheet begins a formula."""

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], object]]


def tables_of(report: Report) -> dict[str, str]:
    """The text of each table that has a line, by the name of its file."""
    version = report.version
    points = report.audit.points if report.audit else ()
    tables = {
        "runs.csv": _csv(RUN, report.runs),
        "trials.csv": _csv(TRIAL, [(run, trial) for run in report.runs for trial in run.trials]),
        "points.csv": _csv(POINT, [(version, point) for point in points]),
        "threads.csv": _csv(
            THREAD,
            [(version, watch, thread) for watch in report.watches for thread in watch.document["threads"]],
        ),
    }
    return {name: text for name, text in tables.items() if text}


TABLES = ("runs.csv", "trials.csv", "points.csv", "threads.csv")
"""All that `tables_of` can have."""

HEAD: Columns[Run] = {
    OWN_COLUMN: lambda run: run.version,
    "sweep": lambda run: run.sweep_id,
    "run": lambda run: run.id,
    "workload": lambda run: run.experiment.workload,
    "executor": executor_label,
    "workers": lambda run: run.experiment.workers,
    "python": python_label,
}
RUN: Columns[Run] = {
    **HEAD,
    "size": lambda run: run.experiment.size,
    "tasks": lambda run: run.experiment.tasks,
    "status": lambda run: run.status,
    "trials": lambda run: len(run.walls_s),
    "wall_s": lambda run: _of(run.wall_s, "median"),
    "wall_low_s": lambda run: _of(run.wall_s, "low"),
    "wall_high_s": lambda run: _of(run.wall_s, "high"),
    "wall_level": lambda run: _of(run.wall_s, "level"),
    "speedup": lambda run: _of(run.speedup, "median"),
    "speedup_low": lambda run: _of(run.speedup, "low"),
    "speedup_high": lambda run: _of(run.speedup, "high"),
    "gil_held": lambda run: (run.gil or {}).get("held"),
    "gil_waiting": lambda run: (run.gil or {}).get("waiting"),
    "gil_wait_share": lambda run: (run.gil or {}).get("wait_share"),
    "verdict": lambda run: _of(run.verdict, "code"),
    "confidence": lambda run: _of(run.verdict, "confidence"),
}


def _of_run(value: Callable[[Run], object]) -> Callable[[tuple[Run, Trial]], object]:
    return lambda pair: value(pair[0])


TRIAL: Columns[tuple[Run, Trial]] = {
    **{name: _of_run(value) for name, value in HEAD.items()},
    "trial": lambda pair: pair[1].number,
    "wall_s": lambda pair: _of(pair[1].result, "wall_s"),
    "startup_s": lambda pair: _of(pair[1].result, "startup_s"),
    "cpu_s": lambda pair: _of(pair[1].result, "cpu_s"),
    "throughput_per_s": lambda pair: _of(pair[1].result, "throughput_per_s"),
    "latency_p50_s": lambda pair: _latency(pair[1], "p50"),
    "latency_p95_s": lambda pair: _latency(pair[1], "p95"),
    "latency_p99_s": lambda pair: _latency(pair[1], "p99"),
    "latency_max_s": lambda pair: _latency(pair[1], "max"),
    "peak_pss_bytes": lambda pair: _of(pair[1].result, "peak_pss_bytes"),
    "voluntary_switches": lambda pair: _switches(pair[1], "voluntary"),
    "involuntary_switches": lambda pair: _switches(pair[1], "involuntary"),
    "outlier": lambda pair: int(pair[1].number in pair[0].outlier_numbers),
    "marks": lambda pair: "; ".join(pair[1].marks),
    "failure": lambda pair: _failure(pair[1]),
}
POINT: Columns[tuple[str, Point]] = {
    OWN_COLUMN: lambda pair: pair[0],
    "point": lambda pair: pair[1].number,
    "question": lambda pair: pair[1].question,
    "state": lambda pair: pair[1].state,
    "answer": lambda pair: pair[1].answer,
    "figure": lambda pair: _of(pair[1].figure, "value"),
    "figure_low": lambda pair: _of(pair[1].figure, "low"),
    "figure_high": lambda pair: _of(pair[1].figure, "high"),
    "unit": lambda pair: _of(pair[1].figure, "unit"),
    "of": lambda pair: _of(pair[1].figure, "name"),
    "runs": lambda pair: " ".join(map(str, pair[1].runs)),
    "watches": lambda pair: " ".join(map(str, pair[1].watches)),
    "why": lambda pair: pair[1].why,
    "reproduce": lambda pair: pair[1].reproduce,
}
THREAD_FIELDS = (
    *("pid", "tid", "name", "seen_s", "cpu", "run_queue", "gil", "lock", "io", "idle"),
    *("holder_share", "schedules_per_s"),
)
ThreadOf = tuple[str, KeptWatch, Mapping[str, Any]]


def _of_thread(name: str) -> Callable[[ThreadOf], object]:
    return lambda seen: seen[2].get(name)


THREAD: Columns[ThreadOf] = {
    OWN_COLUMN: lambda seen: seen[0],
    "watch": lambda seen: seen[1].id,
    "seconds": lambda seen: seen[1].document["seconds"],
    **{name: _of_thread(name) for name in THREAD_FIELDS},
}


def _csv(columns: Columns[T], records: Iterable[T]) -> str:
    """A line of names and a line for each record; empty without any."""
    rows = [[_cell(value(record)) for value in columns.values()] for record in records]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(columns), *rows])
    return text.getvalue() if rows else ""


def _cell(value: object) -> object:
    """Empty for what is not known; a text can be no formula, and holds nothing that a terminal obeys."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _of(record: object, name: str) -> object:
    """A field of what may not be there."""
    return getattr(record, name) if record is not None else None


def _latency(trial: Trial, share: str) -> object:
    return trial.result.latency_s.get(share) if trial.result else None


def _switches(trial: Trial, kind: str) -> object:
    return trial.result.context_switches.get(kind) if trial.result else None


def _failure(trial: Trial) -> object:
    return (trial.failure or {}).get("message", "failed") if trial.result is None else None
