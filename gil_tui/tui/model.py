"""What the Lab shows: one frozen state, and how each fact that the engine reports changes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gil_tui.bench.spec import Experiment
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
from gil_tui.lab.records import UNAVAILABLE, Run, Sweep
from gil_tui.language.spoken import say, sentence, some
from gil_tui.text import clean
from gil_tui.tui.series import (
    executor_of as executor_of,
)
from gil_tui.tui.series import (
    gain_over,
    interpreters_of,
    speedup_of,
    wall_of,
    without_common_start,
    workloads_of,
)
from gil_tui.tui.series import (
    python_of as python_of,
)
from gil_tui.tui.wording import enumerated, factor
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.statistics import Interval
from gil_tui.watch.frames import Frame

BUSY_PHASES = ("starting", "calibrating", "measuring", "stopping")


@dataclass(frozen=True, slots=True)
class LabState:
    """One sweep as it stands: under way, ended, or taken from the history.

    `phase` is `idle`, one of `BUSY_PHASES`, `done`, `interrupted` or `shown` (from the history).
    `current` is the experiment of the trial under way, `share` and `left_s` are of the whole sweep.
    `frame` is the last one that saw anything, `observer_s` the CPU time that watching cost in
    `watched_s`. `run` is the one run that was asked for, where the history showed it. `parts` are the
    sweeps of its workloads one by one, where there are several; `fits`, `best`, `bests` and `noise` are the
    sweep's.
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
    parts: tuple[tuple[str, Sweep], ...] = ()
    fits: tuple[Mapping[str, Any], ...] = ()
    best: Mapping[str, Any] | None = None
    bests: tuple[Mapping[str, Any], ...] = ()
    noise: float | None = None

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
                fits=sweep.fits,
                best=sweep.best,
                bests=sweep.bests,
                noise=sweep.noise,
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


def shown(run: Run, runs: Sequence[Run], sweep: Sweep | None = None) -> LabState:
    """A run from the history among the runs of its sweep, with what that found where it was kept."""
    return LabState(
        phase="shown",
        sweep_id=run.sweep_id,
        runs=tuple(runs) or (run,),
        run=run,
        verdict=run.verdict,
        fits=sweep.fits if sweep else (),
        best=sweep.best if sweep else None,
        bests=sweep.bests if sweep else (),
        noise=sweep.noise if sweep else None,
        share=1.0,
    )


def best_of(state: LabState, workload: str) -> Mapping[str, Any] | None:
    """What was found best for this workload of the sweep; None where nothing was, or not yet."""
    found = next((best for best in state.bests if best.get("workload", workload) == workload), None)
    if found or len(workloads_of(state.runs)) > 1:
        return found or {name: part.best for name, part in state.parts}.get(workload)
    return state.best


def sweep_of(state: LabState) -> Sweep:
    """What is shown as a sweep of the history; of at least one run."""
    first = state.runs[0]
    verdict = None if state.phase == "shown" else state.verdict
    return Sweep(
        state.sweep_id, first.host, state.runs, verdict, state.fits, state.best, state.noise, state.bests
    )


def key_of(experiment: Experiment) -> tuple[str, str, str]:
    """What names a run within its sweep: size and tasks are found only by calibration."""
    return (experiment.label, experiment.interpreter_key, experiment.workload)


def _with_run(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    key = key_of(run.experiment)
    known = tuple(run if key_of(other.experiment) == key else other for other in runs)
    return known if any(other is run for other in known) else (*runs, run)


@dataclass(frozen=True, slots=True)
class Best:
    """What an executor reached at best: a speed-up with so many workers."""

    executor: str
    speedup: float
    workers: int


def bests_of(runs: Sequence[Run]) -> list[Best]:
    """The best of each executor so far, of one workload on one interpreter."""
    found: dict[str, Best] = {}
    for run in runs:
        speedup = speedup_of(run, runs)
        if speedup and run.experiment.executor != "sequential":
            best = Best(executor_of(run), speedup.median, run.experiment.workers)
            known = found.setdefault(best.executor, best)
            if best.speedup > known.speedup:
                found[best.executor] = best
    return list(found.values())


def interim_sentence(state: LabState, python: str = "") -> str:
    """What the numbers say while the sweep goes on: the best of each executor so far.

    On the interpreter with the key `python` where that is one of several, else on the first.
    """
    keys = interpreters_of(state.runs)
    key = python if python in keys else next(iter(keys), "")
    own = [run for run in state.runs if run.experiment.interpreter_key == key]
    parts = [
        some(
            "{executor} at best {speedup} with {count} worker",
            "{executor} at best {speedup} with {count} workers",
            best.workers,
            executor=best.executor,
            speedup=factor(best.speedup),
        )
        for best in bests_of(own)
    ]
    if not parts:
        return ""
    if len(keys) > 1:
        return say("So far on {python} {found}.", python=python_of(own[0]), found=enumerated(parts))
    return say("So far {found}.", found=enumerated(parts))


@dataclass(frozen=True, slots=True)
class Part:
    """How one workload of several does: its verdict once there is one, and the best of each executor.

    `alone` is what one worker of it gains over one of the first workload, None where they do different
    work; `trouble` is why there is nothing to tell.
    """

    workload: str
    code: str
    alone: float | None
    bests: tuple[Best, ...]
    trouble: str = ""


def parts_of(state: LabState, is_comparable: bool) -> list[Part]:
    """A part for each workload of the sweep, on its first interpreter that can run it."""
    codes = {workload: part.verdict.code for workload, part in state.parts if part.verdict}
    reference: Run | None = None
    parts = []
    workloads = workloads_of(state.runs)
    names = without_common_start([clean(name) for name in workloads])
    for name, workload in zip(names, workloads, strict=True):
        own = [run for run in state.runs if run.experiment.workload == workload]
        measured = next((run for run in own if run.walls_s or run.wall_s), own[0])
        key = measured.experiment.interpreter_key
        own = [run for run in own if run.experiment.interpreter_key == key]
        alone = next((run for run in own if run.experiment.executor == "sequential"), None)
        gain = None
        if alone and is_comparable and wall_of(alone):
            reference = reference or alone
            gain = Interval(1, 1, 1) if alone is reference else gain_over(alone, reference, state.runs)
        trouble = next((failure_text(run.failure) for run in own if run.failure), "")
        bests = bests_of(own)
        parts.append(
            Part(
                name,
                codes.get(workload, ""),
                gain.median if gain else None,
                tuple(bests),
                "" if bests else trouble,
            )
        )
    return parts


def failures_of(runs: Sequence[Run]) -> list[str]:
    """One line for each run that failed: which one and why."""
    several = len(workloads_of(runs)) > 1
    return [
        f"{clean(run.experiment.workload) + ' ' if several else ''}{run.experiment.label}: "
        f"{failure_text(run.failure)}"
        for run in runs
        if run.failure and run.status in ("failed", "timeout")
    ]


def skipped_of(runs: Sequence[Run]) -> list[str]:
    """One line for each thing that some interpreter could not do, however many runs that were."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.status == UNAVAILABLE and run.failure:
            found.setdefault((python_of(run), failure_text(run.failure)), []).append(run)
    return [
        some(
            "{python}: {why} ({count} run left out)",
            "{python}: {why} ({count} runs left out)",
            len(left_out),
            python=python,
            why=sentence(why),
        )
        for (python, why), left_out in found.items()
    ]


def failure_text(failure: Mapping[str, str]) -> str:
    """A failure as one line."""
    return clean(failure.get("message") or failure.get("kind", "failed"))


def workload_of(runs: Iterable[Run]) -> str:
    """What the sweep is of: its workload, or how many there are."""
    names = workloads_of(runs)
    return clean(names[0]) if len(names) == 1 else workloads_text(len(names)) if names else ""


def workloads_text(count: int) -> str:
    """So many workloads."""
    return some("{count} workload", "{count} workloads", count)
