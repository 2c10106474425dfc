"""One run as text: verdict and evidence, its spec, its trials, what the program printed."""

from collections.abc import Iterator

from gil_tui.commands.output import MISSING, host_line, size, table
from gil_tui.commands.sweep_text import failure_lines, run_table, subject_line, verdict_line
from gil_tui.history.rows import local_time
from gil_tui.lab.records import Run, Trial
from gil_tui.text import clean, clean_lines, factor, percent, seconds
from gil_tui.verdict.model import Advice, Evidence, Verdict

TRIALS_HEADING = ("trial", "time", "start", "cpu", "tasks/s", "p50", "p99", "memory", "remarks")
NUMBERS = tuple(range(8))
STATES = {
    "cpu": "on CPU",
    "run_queue": "run queue",
    "gil": "GIL",
    "lock": "lock",
    "io": "I/O",
    "idle": "idle",
}


def run_lines(run: Run) -> list[str]:
    """All that is known of the run but its output."""
    lines = [verdict_line(run.verdict, bool(run.walls_s)), "", subject_line(run), *run_table([run]), ""]
    if run.failure:
        lines += [*failure_lines([run]), *clean_lines(run.failure.get("traceback", "")), ""]
    if run.verdict:
        lines += _verdict_lines(run.verdict)
    if run.trials:
        lines += [*table([TRIALS_HEADING, *_trial_rows(run)], NUMBERS), ""]
    lines += watched_lines(run)
    lines += [f"note: {clean(note)}" for note in run.notes]
    return [*lines, *_origin_lines(run)]


def output_lines(run: Run) -> Iterator[str]:
    """What the program printed, trial by trial."""
    for trial in run.trials:
        for name, text in (("stdout", trial.stdout), ("stderr", trial.stderr)):
            if text:
                yield ""
                yield f"--- {name} of trial {trial.number}"
                yield from clean_lines(text)


def watched_lines(run: Run) -> list[str]:
    """What was seen of the GIL and the threads while the run's work went on, or why nothing was."""
    lines = []
    if run.gil:
        lines.append(
            f"GIL held {percent(run.gil['held'])}, {_figure(run.gil['waiting'], '.1f')} threads wait, "
            f"{_figure(run.gil['switches_per_s'], '.0f')} switches/s, "
            f"wait share {percent(run.gil['wait_share'])} ({run.gil['samples']} samples)"
        )
    if run.threads:
        states = (f"{words} {percent(run.threads[state])}" for state, words in STATES.items())
        lines.append(f"threads: {', '.join(states)}")
    return [*lines, f"not watched: {clean(run.watch_why)}"] if run.watch_why else lines


def _figure(value: float | None, form: str) -> str:
    return MISSING if value is None else format(value, form)


def _verdict_lines(verdict: Verdict) -> list[str]:
    lines = []
    if verdict.evidence:
        lines += ["evidence", *table([_evidence_cells(item) for item in verdict.evidence]), ""]
    if verdict.advice:
        lines += ["advice", *map(_advice_line, verdict.advice), ""]
    if verdict.would_change:
        lines += [
            "what would change this verdict",
            *(f"  {clean(item)}" for item in verdict.would_change),
            "",
        ]
    return lines


def _evidence_cells(evidence: Evidence) -> tuple[str, ...]:
    figure, interval = "not measured", ""
    if evidence.value is not None:
        figure = f"{evidence.value:.3g} {clean(evidence.unit)}".rstrip()
    if evidence.low is not None and evidence.high is not None:
        interval = f"({evidence.low:.3g} to {evidence.high:.3g})"
    return f"  {clean(evidence.name)}", figure, interval, clean(evidence.how)


def _advice_line(advice: Advice) -> str:
    parts = [clean(advice.action)]
    parts += [f"gain {factor(advice.gain)}"] if advice.gain is not None else []
    parts += [f"cost {clean(advice.cost)}"] if advice.cost else []
    parts += [clean(advice.why)] if advice.why else []
    return "  " + "; ".join(parts)


def _trial_rows(run: Run) -> Iterator[tuple[str, ...]]:
    far_off = run.outlier_numbers
    for trial in run.trials:
        yield _trial_cells(trial, trial.number in far_off)


def _trial_cells(trial: Trial, is_outlier: bool) -> tuple[str, ...]:
    remarks = [*(["outlier"] if is_outlier else []), *map(clean, trial.marks)]
    result = trial.result
    if result is None:
        why = clean(trial.failure.get("message", "failed")) if trial.failure else "failed"
        return (str(trial.number), *[MISSING] * 7, ", ".join([why, *remarks]))
    return (
        str(trial.number),
        seconds(result.wall_s),
        seconds(result.startup_s),
        seconds(result.cpu_s),
        f"{result.throughput_per_s:.1f}",
        seconds(result.latency_s["p50"]),
        seconds(result.latency_s["p99"]),
        size(result.peak_pss_bytes),
        ", ".join(remarks),
    )


def _origin_lines(run: Run) -> list[str]:
    interpreter = run.python.executable if run.python else run.experiment.interpreter
    made = f"made {local_time(run.created_at)}, sweep {run.sweep_id}, seed {run.seed}, {clean(interpreter)}"
    return [made, host_line(run.host, run.version)]
