"""One run in a dialog: what it was, its trials, and what its program printed."""

from collections.abc import Mapping, Sequence
from typing import Any

from gil_tui.lab.records import Run
from gil_tui.report import run as report
from gil_tui.text import clean
from gil_tui.verdict.model import Verdict


def title_of(run: Run) -> str:
    """Number, workload and executor: `#41 countdown, threads x4`."""
    number = f"#{run.id} " if run.id is not None else ""
    return f"{number}{clean(run.experiment.workload)}, {run.experiment.label}"


def run_lines(
    run: Run,
    sweep: Sequence[Run] = (),
    on_sweep: Verdict | None = None,
    fits: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """All that is known of the run but its output; `sweep` are the runs that it was made with."""
    return report.run_lines(run, sweep, on_sweep, fits)


def output_lines(run: Run) -> list[str]:
    """What the program printed, trial by trial."""
    return report.output_lines(run)
