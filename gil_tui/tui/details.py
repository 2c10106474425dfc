"""One run as lines of text: what it was, its trials, and what its program printed."""

from collections.abc import Iterator, Sequence

from gil_tui.history.rows import local_time
from gil_tui.lab.records import Run, Trial
from gil_tui.text import clean, clean_lines, count, factor, seconds
from gil_tui.tui.model import executor_of, failure_text, python_of
from gil_tui.tui.widgets.verdict import verdict_report
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.words import amount

HEADING = ("trial", "time", "start", "CPU", "tasks/s", "p50", "p99", "memory", "")


def title_of(run: Run) -> str:
    """Number, workload and executor: `#41 countdown, threads x4`."""
    number = f"#{run.id} " if run.id is not None else ""
    return f"{number}{clean(run.experiment.workload)}, {run.experiment.label}"


def run_lines(run: Run) -> list[str]:
    """All that is known of the run but its output."""
    lines = verdict_report(run.verdict) if run.verdict else ["There is no verdict on this run."]
    if run.failure:
        traceback = [f"  {line}" for line in clean_lines(run.failure.get("traceback", ""))]
        lines += ["", f"Failed: {failure_text(run.failure)}", *traceback]
    lines += ["", "Measured", *(f"  {line}" for line in _measured(run))]
    if run.trials:
        lines += ["", *_table([HEADING, *_trial_rows(run)])]
    return [*lines, "", *_origin(run)]


def output_lines(run: Run) -> list[str]:
    """What the program printed, trial by trial."""
    lines: list[str] = []
    for trial in run.trials:
        for name, text in (("stdout", trial.stdout), ("stderr", trial.stderr)):
            if text:
                lines += [
                    f"── {name} of {run.experiment.label}, trial {trial.number}",
                    *clean_lines(text),
                    "",
                ]
    return lines


def _measured(run: Run) -> Iterator[str]:
    yield f"time      {_interval(run.wall_s, seconds)}, median of {len(run.walls_s)} trials"
    yield f"speed-up  {_interval(run.speedup, factor)} against one after another"
    if run.watch_why:
        yield f"not watched: {clean(run.watch_why)}"
    yield from (clean(note) for note in run.notes)


def _interval(interval: Interval | None, show: object) -> str:
    if interval is None or not callable(show):
        return "not measured"
    return f"{show(interval.median)} ({show(interval.low)} to {show(interval.high)})"


def _trial_rows(run: Run) -> Iterator[tuple[str, ...]]:
    far_off = run.outlier_numbers
    for trial in run.trials:
        yield _trial_row(trial, ["outlier"] if trial.number in far_off else [])


def _trial_row(trial: Trial, remarks: list[str]) -> tuple[str, ...]:
    remarks = [*remarks, *map(clean, trial.marks)]
    result = trial.result
    if result is None:
        why = failure_text(trial.failure) if trial.failure else "failed"
        return (str(trial.number), *["–"] * 7, ", ".join([why, *remarks]))
    return (
        str(trial.number),
        seconds(result.wall_s),
        seconds(result.startup_s),
        seconds(result.cpu_s),
        f"{result.throughput_per_s:.1f}",
        seconds(result.latency_s["p50"]),
        seconds(result.latency_s["p99"]),
        "–" if result.peak_pss_bytes is None else amount(result.peak_pss_bytes, "bytes"),
        ", ".join(remarks),
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.rjust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True))
        + ("  " + row[-1] if row[-1] else "")
        for row in rows
    ]


def _origin(run: Run) -> Iterator[str]:
    experiment, host = run.experiment, run.host
    yield f"{executor_of(run)} on Python {python_of(run)}  {clean(experiment.interpreter)}"
    size = "not calibrated" if experiment.size is None else f"{experiment.size}"
    tasks = "–" if experiment.tasks is None else f"{experiment.tasks}"
    yield f"size {size}, {tasks} tasks, status {run.status}, seed {run.seed}"
    yield f"{local_time(run.created_at)}, sweep {run.sweep_id}, gil-tui {run.version}"
    limit = "" if host.cpus_effective >= host.cpus else f" ({clean(host.cpus_limited_by)})"
    yield (
        f"{clean(host.name)}: {count(host.cpus_effective)} of {host.cpus} CPUs{limit}, "
        f"{amount(host.memory_bytes, 'bytes')}, {clean(host.system)} {clean(host.machine)}"
    )
