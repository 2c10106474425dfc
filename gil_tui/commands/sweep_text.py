"""A sweep as text that can be pasted into a ticket: the verdict, a table, what failed, the machine."""

import statistics
from collections.abc import Iterable, Sequence

from gil_tui.commands.output import (
    MISSING,
    factor_with_interval,
    host_line,
    size,
    table,
    time_with_interval,
)
from gil_tui.history.rows import executor_label, python_label
from gil_tui.lab.plan import AT_LEAST
from gil_tui.lab.records import Run, Sweep, Trial
from gil_tui.text import clean, seconds
from gil_tui.verdict.model import CODES, Verdict
from gil_tui.verdict.statistics import LEVEL

HEADING = ("executor", "workers", "trials", "time", "speed-up", "start", "memory", "result")
RIGHT = (1, 2, 3, 4, 5, 6)


def sweep_lines(sweep: Sweep) -> list[str]:
    """The whole sweep, its verdict first, runs of the same work under one heading."""
    measured = any(run.walls_s for run in sweep.runs)
    lines = [verdict_line(sweep.verdict, measured), ""]
    for subject, runs in _by_subject(sweep.runs).items():
        lines += [subject, *run_table(runs), ""]
    failures = failure_lines(sweep.runs)
    lines += [*failures, ""] if failures else []
    if any(run.wall_s and run.wall_s.level < LEVEL for run in sweep.runs):
        lines += [f"The intervals cover less than {LEVEL:.0%}: that takes {AT_LEAST} trials (--repeats).", ""]
    version = sweep.runs[0].version if sweep.runs else ""
    return [*lines, host_line(sweep.host, version)]


def verdict_line(verdict: Verdict | None, measured: bool) -> str:
    """The sentence, and how sure it is."""
    if verdict is None:
        return "No verdict." if measured else "No verdict: nothing was measured to its end."
    return f"{clean(verdict.sentence)} (sure {verdict.confidence:.2f})"


def run_table(runs: Sequence[Run]) -> list[str]:
    """One line a run; numbered when the history has numbered them."""
    rows = [HEADING, *map(_cells, runs)]
    if all(run.id is None for run in runs):
        return table(rows, RIGHT)
    numbers = ["id", *(str(run.id) if run.id is not None else MISSING for run in runs)]
    numbered = [(number, *row) for number, row in zip(numbers, rows, strict=True)]
    return table(numbered, (0, *(column + 1 for column in RIGHT)))


def subject_line(run: Run) -> str:
    """What all runs of a table have in common: the work and the interpreter."""
    experiment = run.experiment
    parts = [f"{clean(experiment.workload)} on Python {clean(python_label(run))}"]
    if experiment.size is not None:
        parts.append(f"size {experiment.size}")
    if experiment.tasks is not None:
        parts.append(f"{experiment.tasks} tasks")
    if experiment.switch_interval_s is not None:
        parts.append(f"switch interval {seconds(experiment.switch_interval_s)}")
    parts += [f"{clean(name)}={clean(str(value))}" for name, value in experiment.knobs]
    return ", ".join(parts)


def failure_lines(runs: Iterable[Run]) -> list[str]:
    """Why runs failed, one line for all that failed alike: `#7 threads x2 and 3 more: it raised`."""
    alike: dict[str, list[str]] = {}
    for run in runs:
        if run.failure:
            label = run.experiment.label if run.id is None else f"#{run.id} {run.experiment.label}"
            alike.setdefault(clean(run.failure.get("message") or run.status), []).append(label)
    return [
        f"{labels[0]}{f' and {len(labels) - 1} more' if len(labels) > 1 else ''}: {message}"
        for message, labels in alike.items()
    ]


def result_words(run: Run) -> str:
    """What limits the run, or how it ended."""
    if run.status == "done" and run.verdict:
        return CODES.get(run.verdict.code, run.verdict.code)
    return run.status


def peak_bytes(trials: Iterable[Trial]) -> int | None:
    """The largest memory of the trials that could measure it."""
    peaks = [trial.result.peak_pss_bytes for trial in trials if trial.result]
    return max((peak for peak in peaks if peak is not None), default=None)


def _cells(run: Run) -> tuple[str, ...]:
    startups_s = [trial.result.startup_s for trial in run.trials if trial.result]
    return (
        executor_label(run),
        str(run.experiment.workers),
        str(len(run.walls_s)),
        time_with_interval(run.wall_s),
        factor_with_interval(run.speedup),
        seconds(statistics.median(startups_s)) if startups_s else MISSING,
        size(peak_bytes(run.trials)),
        result_words(run),
    )


def _by_subject(runs: Iterable[Run]) -> dict[str, list[Run]]:
    subjects: dict[str, list[Run]] = {}
    for run in runs:
        subjects.setdefault(subject_line(run), []).append(run)
    return subjects
