"""What a report is about, and the same as raw data: a JSON document and two tables."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gil_tui.history.rows import executor_label, python_label
from gil_tui.lab.records import Run, Sweep
from gil_tui.text import clean
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.statistics import Interval

REPORT_SCHEMA = "gil-tui/report/1"
OWN_COLUMN = "gil_tui_version"
"""The first column of a table: by it a file is known as one of gil-tui's own."""
FORMULA = tuple("=+-@\t\r")
"""With one of these a spreadsheet begins a formula."""


@dataclass(frozen=True, slots=True)
class Part:
    """Runs of one sweep, at least one: all of them, or those that were chosen of it.

    `on_sweep` is the verdict on the whole sweep where only some of its runs are told.
    """

    sweep: Sweep
    whole: bool = True
    on_sweep: Verdict | None = None

    def to_json(self) -> dict[str, Any]:
        """As an entry of `sweeps`: the document of `run --json` with what is known of the choice."""
        on_sweep = self.on_sweep.to_json() if self.on_sweep else None
        return {"id": self.sweep.id, "whole": self.whole, "on_sweep": on_sweep} | self.sweep.to_json()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Part":
        """The inverse of `to_json`."""
        sweep = Sweep.judged([Run.from_json(run) for run in document["runs"]], document["sweep"])
        on_sweep = document.get("on_sweep")
        return cls(sweep, document["whole"], Verdict.from_json(on_sweep) if on_sweep else None)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report tells: `created_at` in ISO 8601, `selftest` is the document of a self-test.

    Without a `title` the report is called by what it is about.
    """

    title: str
    parts: tuple[Part, ...]
    created_at: str
    version: str
    selftest: Mapping[str, Any] | None = None
    redacted: bool = False

    @property
    def runs(self) -> list[Run]:
        """The runs of all parts."""
        return [run for part in self.parts for run in part.sweep.runs]

    def to_json(self) -> dict[str, Any]:
        """As the JSON document beside the report."""
        return {
            "schema": REPORT_SCHEMA,
            "title": self.title,
            "created_at": self.created_at,
            "version": self.version,
            "redacted": self.redacted,
            "sweeps": [part.to_json() for part in self.parts],
            "selftest": dict(self.selftest) if self.selftest is not None else None,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Report":
        """The inverse of `to_json`."""
        return cls(
            document["title"],
            tuple(Part.from_json(part) for part in document["sweeps"]),
            document["created_at"],
            document["version"],
            document["selftest"],
            document["redacted"],
        )


RUN_COLUMNS = (
    OWN_COLUMN,
    "sweep",
    "run",
    "workload",
    "executor",
    "workers",
    "python",
    "size",
    "tasks",
    "status",
    "trials",
    "wall_s",
    "wall_low_s",
    "wall_high_s",
    "wall_level",
    "speedup",
    "speedup_low",
    "speedup_high",
    "gil_held",
    "gil_waiting",
    "gil_wait_share",
    "verdict",
    "confidence",
)
TRIAL_COLUMNS = (
    OWN_COLUMN,
    "sweep",
    "run",
    "workload",
    "executor",
    "workers",
    "python",
    "trial",
    "wall_s",
    "startup_s",
    "cpu_s",
    "throughput_per_s",
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "latency_max_s",
    "peak_pss_bytes",
    "voluntary_switches",
    "involuntary_switches",
    "outlier",
    "marks",
    "failure",
)


def runs_csv(report: Report) -> str:
    """A line for each run."""
    return _csv(RUN_COLUMNS, map(_run_values, report.runs))


def trials_csv(report: Report) -> str:
    """A line for each trial."""
    return _csv(TRIAL_COLUMNS, (row for run in report.runs for row in _trial_values(run)))


def finite(value: Any) -> Any:
    """The same document with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Empty for what is not known; a text can be no formula, and holds nothing that a terminal obeys."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _head(run: Run) -> tuple[object, ...]:
    return (
        run.version,
        run.sweep_id,
        run.id,
        run.experiment.workload,
        executor_label(run),
        run.experiment.workers,
        python_label(run),
    )


def _run_values(run: Run) -> tuple[object, ...]:
    gil = run.gil or {}
    return (
        *_head(run),
        run.experiment.size,
        run.experiment.tasks,
        run.status,
        len(run.walls_s),
        *_interval(run.wall_s),
        run.wall_s.level if run.wall_s else None,
        *_interval(run.speedup),
        gil.get("held"),
        gil.get("waiting"),
        gil.get("wait_share"),
        run.verdict.code if run.verdict else None,
        run.verdict.confidence if run.verdict else None,
    )


def _interval(interval: Interval | None) -> tuple[float | None, ...]:
    return (interval.median, interval.low, interval.high) if interval else (None, None, None)


def _trial_values(run: Run) -> Iterable[tuple[object, ...]]:
    far_off = run.outlier_numbers
    for trial in run.trials:
        result = trial.result
        latency = result.latency_s if result else {}
        switches = result.context_switches if result else {}
        failure = (trial.failure or {}).get("message", "failed") if result is None else None
        measured = (
            (result.wall_s, result.startup_s, result.cpu_s, result.throughput_per_s)
            if result
            else (None,) * 4
        )
        yield (
            *_head(run),
            trial.number,
            *measured,
            *(latency.get(share) for share in ("p50", "p95", "p99", "max")),
            result.peak_pss_bytes if result else None,
            switches.get("voluntary"),
            switches.get("involuntary"),
            int(trial.number in far_off),
            "; ".join(trial.marks),
            failure,
        )
