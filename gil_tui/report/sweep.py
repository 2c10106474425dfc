"""A sweep as text that can be pasted into a ticket: the verdict, a table, what failed, the machine."""

from collections.abc import Iterable, Sequence

from gil_tui.bench.workloads import find
from gil_tui.history.rows import executor_label, python_label
from gil_tui.lab.plan import AT_LEAST
from gil_tui.lab.records import UNAVAILABLE, Run, Sweep, Trial
from gil_tui.language.spoken import figure, say, sentence, some, to_say
from gil_tui.report.besides import figure_cells, gil_lines, median_startup_s
from gil_tui.report.judgement import verdict_line
from gil_tui.report.layout import (
    MISSING,
    brief,
    factor_with_interval,
    host_line,
    indented,
    numbers_told,
    size,
    table,
    time_with_interval,
)
from gil_tui.report.recommendation import bound_lines, elsewhere_lines, recommendation_lines
from gil_tui.text import clean, seconds
from gil_tui.verdict.model import CODES
from gil_tui.verdict.statistics import LEVEL

HEADING = ("executor", "workers", "trials", "time", "speed-up", "start", "memory", "result")
RIGHT = (1, 2, 3, 4, 5, 6)
PERCENTILES = ("p50", "p95", "p99", "max")
FIGURES_AT_MOST = 5
"""As many fit beside the percentiles within a terminal's width."""


def sweep_lines(sweep: Sweep, cores: float | None = None) -> list[str]:
    """The whole sweep, verdict and recommendation first, runs of the same work under one heading.

    With `cores` also the bound for a machine with so many; what was measured stays what it is.
    """
    measured = any(run.walls_s for run in sweep.runs)
    lines = [verdict_line(sweep.verdict, measured), "", *(recommendation_lines(sweep) if measured else [])]
    for subject, runs in _by_subject(sweep.runs).items():
        lines += [subject, *run_table(runs), ""]
        figures = figures_table(runs)
        lines += [*figures, ""] if figures else []
    lines += foretold_lines(sweep, cores) if measured else []
    troubles = [sentence(line) for line in (*failure_lines(sweep.runs), *unavailable_lines(sweep.runs))]
    lines += [*troubles, ""] if troubles else []
    if any(run.wall_s and run.wall_s.level < LEVEL for run in sweep.runs):
        few = to_say("The intervals cover less than {share}: that takes {trials} trials (--repeats).")
        lines += [say(few, share=figure(f"{LEVEL:.0%}"), trials=AT_LEAST), ""]
    notes = [sentence(line) for line in note_lines(sweep.runs)]
    lines += [*notes, ""] if notes else []
    version = sweep.runs[0].version if sweep.runs else ""
    return [*lines, host_line(sweep.host, version)]


def foretold_lines(sweep: Sweep, cores: float | None = None) -> list[str]:
    """What one worker foretells of the others, here and, with `cores`, on a machine with so many."""
    return [*bound_lines(sweep), *(elsewhere_lines(sweep, cores) if cores is not None else [])]


def run_table(runs: Sequence[Run], *, with_result: bool = True) -> list[str]:
    """One line a run; numbered when the history has numbered them."""
    columns = len(HEADING) if with_result else len(HEADING) - 1
    heading = tuple(map(say, HEADING))
    results = [say(result_words(run)) for run in runs]
    figures = numbers_told(run_cells(run)[:-1] for run in runs)
    cells = [(*row, result) for row, result in zip(figures, results, strict=True)]
    rows = [row[:columns] for row in (heading, *cells)]
    if all(run.id is None for run in runs):
        return table(rows, RIGHT)
    numbers = [say("id"), *(str(run.id) if run.id is not None else MISSING for run in runs)]
    numbered = [(number, *row) for number, row in zip(numbers, rows, strict=True)]
    return table(numbered, (0, *(column + 1 for column in RIGHT)))


def figures_table(runs: Sequence[Run]) -> list[str]:
    """What a request waits, where the workload is of requests, and what it measured besides."""
    rows = figures_rows(runs)
    if not rows:
        return []
    latency = PERCENTILES[0] in rows[0]
    title = say("latency of a task, and what was measured besides") if latency else say("measured besides")
    own_words = [tuple(map(sentence, rows[0])), *numbers_told(rows[1:])]
    return [title, *indented(table(own_words, range(1, len(rows[0]))))]


def figures_rows(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """A heading, and the figures of each run that has trials; nothing where there are no figures."""
    measured = [run for run in runs if run.results]
    names = list(dict.fromkeys(name for run in measured for name in run.figures))[:FIGURES_AT_MOST]
    latency = PERCENTILES if measured and _has_requests(measured[0].experiment.workload) else ()
    if not names and not latency:
        return []
    heading = ("executor", "workers", *latency, *(figure_cells(name, 0)[0] for name in names))
    rows = [
        (
            executor_label(run),
            str(run.experiment.workers),
            *(brief(_median_latency_s(run, share)) for share in latency),
            *(figure_cells(name, run.figures[name])[1] if name in run.figures else MISSING for name in names),
        )
        for run in measured
    ]
    return [heading, *rows]


def _has_requests(workload: str) -> bool:
    known = find(workload)
    return known is not None and known.family == "mixed"


def _median_latency_s(run: Run, share: str) -> float | None:
    found = sorted(result.latency_s[share] for result in run.results if share in result.latency_s)
    return found[len(found) // 2] if found else None


def subject_line(run: Run) -> str:
    """What all runs of a table have in common: the work and the interpreter."""
    experiment = run.experiment
    workload, python = clean(experiment.workload), clean(python_label(run))
    parts = [say("{workload} on Python {python}", workload=workload, python=python)]
    if experiment.size is not None:
        parts.append(say("size {size}", size=experiment.size))
    if experiment.tasks is not None:
        parts.append(some("{count} task", "{count} tasks", experiment.tasks))
    if experiment.switch_interval_s is not None:
        interval = figure(seconds(experiment.switch_interval_s))
        parts.append(say("switch interval {time}", time=interval))
    if experiment.cluster:
        parts.append(say("cluster {name}", name=clean(experiment.cluster)))
    parts += [f"{clean(name)}={clean(str(value))}" for name, value in experiment.knobs]
    return ", ".join(parts)


def failed_runs(runs: Iterable[Run]) -> list[Run]:
    """Those that failed; what an interpreter lacks is nobody's failure."""
    return [run for run in runs if run.failure and run.status != UNAVAILABLE]


def trouble_line(sweep: Sweep) -> str:
    """What went wrong, with the first reason: runs that failed, or that nothing could be run; else empty."""
    failed = failed_runs(sweep.runs)
    if failed:
        return f"{len(failed)} of {len(sweep.runs)} runs failed: {failure_lines(failed)[0]}"
    if any(run.walls_s for run in sweep.runs):
        return ""
    return "; ".join(["nothing was measured", *unavailable_lines(sweep.runs)[:1]])


def failure_lines(runs: Iterable[Run]) -> list[str]:
    """Why runs failed, one line for all that failed alike: `#7 threads x2 and 3 more: it raised`."""
    return _by_reason(failed_runs(runs))


def unavailable_lines(runs: Iterable[Run]) -> list[str]:
    """What could not be run and what would change that: `not available: interpreters x2: ...`."""
    lacking = [run for run in runs if run.status == UNAVAILABLE]
    return [f"not available: {line}" for line in _by_reason(lacking)]


def note_lines(runs: Iterable[Run]) -> list[str]:
    """What workloads and executors say of their trials; a note of not all runs names those that it is of.

    What is only of one run's own times is told where that run is shown.
    """
    said = [(run, _said(run)) for run in runs if run.results]
    lines = []
    for note in dict.fromkeys(note for _, notes in said for note in notes):
        about = [run for run, notes in said if note in notes]
        whose = "" if len(about) == len(said) else f"{_labels(about)}: "
        lines.append(f"note: {whose}{clean(note)}")
    return lines


def _said(run: Run) -> list[str]:
    return [*(note for result in run.results for note in result.notes), *gil_lines(run)]


def _by_reason(runs: Iterable[Run]) -> list[str]:
    """One line for all runs with the same reason."""
    alike: dict[str, list[Run]] = {}
    for run in runs:
        reason = (run.failure or {}).get("message") or run.status
        alike.setdefault(clean(reason), []).append(run)
    return [f"{_labels(some)}: {reason}" for reason, some in alike.items()]


def _labels(runs: Sequence[Run]) -> str:
    """The first of them and how many there are: `#7 threads x2 and 3 more`."""
    first = runs[0]
    label = clean(first.experiment.label)
    label = label if first.id is None else f"#{first.id} {label}"
    return f"{label} and {len(runs) - 1} more" if len(runs) > 1 else label


def result_words(run: Run) -> str:
    """What limits the run, or how it ended."""
    if run.status == "done" and run.verdict:
        return CODES.get(run.verdict.code, run.verdict.code)
    return run.status


def peak_bytes(trials: Iterable[Trial]) -> int | None:
    """The largest memory of the trials that could measure it."""
    peaks = [trial.result.peak_pss_bytes for trial in trials if trial.result]
    return max((peak for peak in peaks if peak is not None), default=None)


def run_cells(run: Run) -> tuple[str, ...]:
    """One run under `HEADING`."""
    startup_s = median_startup_s(run)
    return (
        executor_label(run),
        str(run.experiment.workers),
        str(len(run.walls_s)),
        time_with_interval(run.wall_s),
        factor_with_interval(run.speedup),
        MISSING if startup_s is None else seconds(startup_s),
        size(peak_bytes(run.trials)),
        result_words(run),
    )


def _by_subject(runs: Iterable[Run]) -> dict[str, list[Run]]:
    subjects: dict[str, list[Run]] = {}
    for run in runs:
        subjects.setdefault(subject_line(run), []).append(run)
    return subjects
