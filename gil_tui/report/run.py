"""One run as text: verdict and evidence, its spec, its trials, what the program printed."""

from collections.abc import Iterator, Sequence

from gil_tui.history.rows import local_time
from gil_tui.lab.records import Run, Trial
from gil_tui.language.spoken import say, sentence
from gil_tui.report.besides import besides_lines
from gil_tui.report.judgement import verdict_line, verdict_lines
from gil_tui.report.layout import MISSING, host_line, numbers_told, size, table
from gil_tui.report.recommendation import Fits, foretold_line
from gil_tui.report.sweep import failure_lines, run_table, subject_line, unavailable_lines
from gil_tui.text import clean, clean_lines, seconds
from gil_tui.verdict.model import Verdict

TRIALS_HEADING = ("trial", "time", "start", "cpu", "tasks/s", "p50", "p99", "memory", "remarks")
NUMBERS = tuple(range(8))


def run_lines(
    run: Run, sweep: Sequence[Run] = (), on_sweep: Verdict | None = None, fits: Fits = ()
) -> list[str]:
    """All that is known of the run but its output.

    `sweep` are the runs that it was made with, `on_sweep` is the verdict on all, `fits` are its curves.
    """
    lines = [verdict_line(run.verdict, bool(run.walls_s)), ""]
    if on_sweep:
        lines[1:1] = [say("All runs of its sweep: {verdict}", verdict=verdict_line(on_sweep, True))]
    lines += [subject_line(run), *run_table([run], with_result=False), ""]
    foretold = foretold_line(run, fits)
    lines[-1:-1] = [foretold] if foretold else []
    troubles = map(sentence, [*failure_lines([run]), *unavailable_lines([run])])
    if run.failure:
        lines += [*troubles, *clean_lines(run.failure.get("traceback", "")), ""]
    if run.verdict:
        lines += verdict_lines(run.verdict)
    if run.trials:
        heading = tuple(map(say, TRIALS_HEADING))
        lines += [*table([heading, *numbers_told(trial_rows(run))], NUMBERS), ""]
    return [*lines, *besides_lines(run, sweep), *_origin_lines(run)]


def output_lines(run: Run) -> list[str]:
    """What the program printed, trial by trial, each text under a line that names it."""
    lines: list[str] = []
    for trial in run.trials:
        for name, text in (("stdout", trial.stdout), ("stderr", trial.stderr)):
            if text:
                label = clean(run.experiment.label)
                lines += [
                    "── "
                    + say("{stream} of {run}, trial {number}", stream=name, run=label, number=trial.number)
                ]
                lines += [*clean_lines(text), ""]
    return lines


def trial_rows(run: Run) -> Iterator[tuple[str, ...]]:
    """The trials of a run under `TRIALS_HEADING`."""
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
    made = say(
        "{status}, made {date}, sweep {sweep}, seed {seed}",
        status=say(run.status),
        date=local_time(run.created_at),
        sweep=run.sweep_id,
        seed=run.seed,
    )
    return [f"{made}, {clean(interpreter)}", host_line(run.host, run.version)]
