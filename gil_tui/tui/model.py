"""What the Lab shows: one frozen state, and how each fact that the engine reports changes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gil_tui.bench.spec import Experiment
from gil_tui.history import rows as history_rows
from gil_tui.lab.events import (
    Calibrating,
    LabEvent,
    Progressed,
    RunEnded,
    SweepEnded,
    SweepStarted,
    TrialEnded,
    TrialProgress,
    TrialStarted,
    Warned,
    Watched,
)
from gil_tui.lab.records import Run
from gil_tui.text import clean, factor
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.statistics import Interval, median_interval
from gil_tui.verdict.words import listed
from gil_tui.watch.frames import Frame

BUSY_PHASES = ("starting", "calibrating", "measuring", "stopping")


@dataclass(frozen=True, slots=True)
class LabState:
    """One sweep as it stands: under way, ended, or taken from the history.

    `phase` is `idle`, one of `BUSY_PHASES`, `done`, `interrupted` or `shown` (from the history).
    `current` is the experiment of the trial under way, `share` and `left_s` are of the whole sweep.
    `frame` is the last one that saw anything, `observer_s` the CPU time that watching cost in
    `watched_s`. `run` is the one run that was asked for, where the history showed it.
    """

    phase: str = "idle"
    sweep_id: str = ""
    runs: tuple[Run, ...] = ()
    current: Experiment | None = None
    trial: int = 0
    share: float = 0.0
    left_s: float | None = None
    frame: Frame | None = None
    verdict: Verdict | None = None
    watched_s: float = 0.0
    observer_s: float = 0.0
    warnings: tuple[str, ...] = ()
    run: Run | None = None

    @property
    def busy(self) -> bool:
        """True while a sweep is under way."""
        return self.phase in BUSY_PHASES

    @property
    def observer_share(self) -> float:
        """What watching costs, as a share of one core."""
        return self.observer_s / self.watched_s if self.watched_s > 0 else 0.0


def apply(state: LabState, event: LabEvent) -> LabState:
    """The state after `event`."""
    match event:
        case SweepStarted(sweep_id=sweep_id, runs=runs):
            return LabState(phase="calibrating", sweep_id=sweep_id, runs=runs)
        case Calibrating():
            return replace(state, phase="calibrating")
        case TrialStarted(experiment=experiment, number=number):
            return replace(state, phase="measuring", current=experiment, trial=number)
        case TrialEnded(run=run) | RunEnded(run=run):
            return replace(state, runs=_with_run(state.runs, run))
        case Progressed(share=share, left_s=left_s):
            return replace(state, share=share, left_s=left_s)
        case Watched(frame=frame):
            return _watched(state, frame)
        case Warned(message=message):
            return replace(state, warnings=(*state.warnings, clean(message)))
        case SweepEnded(sweep=sweep, interrupted=interrupted):
            return replace(
                state,
                phase="interrupted" if interrupted else "done",
                runs=sweep.runs or state.runs,
                verdict=sweep.verdict,
                current=None,
                left_s=None,
                share=state.share if interrupted else 1.0,
            )
        case TrialProgress():
            return state


def _watched(state: LabState, frame: Frame) -> LabState:
    """Between two trials there is nothing to see: the last frame stays, so that nothing flickers."""
    length_s = frame.end_s - frame.start_s
    return replace(
        state,
        frame=frame if frame.gils or frame.threads or state.frame is None else state.frame,
        watched_s=state.watched_s + length_s,
        observer_s=state.observer_s + frame.observer.cpu_share * length_s,
    )


def shown(run: Run, sweep: Sequence[Run]) -> LabState:
    """A run from the history among the runs of its sweep."""
    return LabState(
        phase="shown",
        sweep_id=run.sweep_id,
        runs=tuple(sweep) or (run,),
        run=run,
        verdict=run.verdict,
        share=1.0,
    )


def key_of(experiment: Experiment) -> tuple[str, str, str]:
    """What names a run within its sweep: size and tasks are found only by calibration."""
    return (experiment.label, experiment.interpreter, experiment.workload)


def _with_run(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    key = key_of(run.experiment)
    known = tuple(run if key_of(other.experiment) == key else other for other in runs)
    return known if any(other is run for other in known) else (*runs, run)


def executor_of(run: Run) -> str:
    """The executor with its start method, such as `processes:spawn`."""
    return history_rows.executor_label(run)


def python_of(run: Run) -> str:
    """The interpreter's version, such as `3.13.0t`; its file's name until it has said hello."""
    return clean(history_rows.python_label(run))


def interpreters_of(runs: Sequence[Run]) -> list[str]:
    """Paths of the interpreters, in order of appearance."""
    return list(dict.fromkeys(run.experiment.interpreter for run in runs))


def wall_of(run: Run) -> Interval | None:
    """The median wall time of a run as it stands, while it is still measured too."""
    if run.wall_s:
        return run.wall_s
    return median_interval(run.walls_s) if run.walls_s else None


def baseline_of(runs: Sequence[Run], interpreter: str) -> Run | None:
    """The sequential run on `interpreter`."""
    for run in runs:
        if run.experiment.executor == "sequential" and run.experiment.interpreter == interpreter:
            return run
    return None


def speedup_of(run: Run, runs: Sequence[Run]) -> Interval | None:
    """Speed-up against `sequential` as it stands; before the run has ended a wide interval.

    The interim interval divides the ends of both intervals, which covers more than 95 %.
    """
    if run.speedup:
        return run.speedup
    base = baseline_of(runs, run.experiment.interpreter)
    wall, base_wall = wall_of(run), wall_of(base) if base else None
    if wall is None or base_wall is None or min(wall.low, wall.median) <= 0:
        return None
    return Interval(base_wall.median / wall.median, base_wall.low / wall.high, base_wall.high / wall.low)


@dataclass(frozen=True, slots=True)
class Point:
    """One median with its interval at a number of workers."""

    workers: int
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one executor, such as `processes:spawn`; `interpreter` counts those from 0."""

    executor: str
    interpreter: int
    python: str
    points: tuple[Point, ...]


def series_of(runs: Sequence[Run], measure: str) -> tuple[Series, ...]:
    """What the chart draws of `measure` (`time` or `speedup`), by executor and interpreter."""
    found: dict[tuple[str, str], list[Point]] = {}
    pythons: dict[str, str] = {}
    for run in runs:
        interval = wall_of(run) if measure == "time" else speedup_of(run, runs)
        pythons.setdefault(run.experiment.interpreter, python_of(run))
        points = found.setdefault((executor_of(run), run.experiment.interpreter), [])
        if interval:
            points.append(Point(run.experiment.workers, interval.median, interval.low, interval.high))
    order = interpreters_of(runs)
    return tuple(
        Series(
            executor=label,
            interpreter=order.index(interpreter),
            python=pythons[interpreter],
            points=tuple(sorted(points, key=lambda point: point.workers)),
        )
        for (label, interpreter), points in found.items()
    )


def interim_sentence(state: LabState) -> str:
    """What the numbers say while the sweep goes on: the best of each executor so far."""
    best: dict[str, tuple[float, int]] = {}
    for run in state.runs:
        speedup = speedup_of(run, state.runs)
        if speedup and run.experiment.executor != "sequential":
            reached = (speedup.median, run.experiment.workers)
            best[executor_of(run)] = max(best.get(executor_of(run), reached), reached)
    if not best:
        return ""
    parts = [
        f"{name} at best {factor(value)} with {workers} worker{'s' if workers != 1 else ''}"
        for name, (value, workers) in best.items()
    ]
    return f"So far {listed(parts)}."


def failures_of(runs: Sequence[Run]) -> list[str]:
    """One line for each run that failed: which one and why."""
    return [
        f"{run.experiment.label}: {failure_text(run.failure)}"
        for run in runs
        if run.failure and run.status in ("failed", "timeout")
    ]


def failure_text(failure: Mapping[str, str]) -> str:
    """A failure as one line."""
    return clean(failure.get("message") or failure.get("kind", "failed"))


def workload_of(runs: Sequence[Run]) -> str:
    """The workload's name, of the sweep."""
    return clean(runs[0].experiment.workload) if runs else ""
