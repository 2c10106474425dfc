"""Facts that a sweep reports while it goes on; the screen and the command line hear the same ones."""

from dataclasses import dataclass

from gil_tui.bench.spec import Experiment
from gil_tui.lab.records import Run, Sweep, Trial
from gil_tui.watch.frames import Frame


@dataclass(frozen=True, slots=True)
class SweepStarted:
    """The sweep is planned: `runs` as they stand, all still without trials."""

    sweep_id: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Calibrating:
    """Something is measured on `interpreter` that is no trial.

    That is the size of the work, or what handing a task over costs in the pool of `handover`.
    """

    workload: str
    interpreter: str
    handover: Experiment | None = None


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A fresh child starts; `number` counts this experiment's trials from 1."""

    experiment: Experiment
    number: int


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """`done` of `total` tasks of the trial under way."""

    experiment: Experiment
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """A trial finished or failed; `run` is its run as it stands with this trial in it."""

    run: Run
    trial: Trial


@dataclass(frozen=True, slots=True)
class RunEnded:
    """No further trial of this run; intervals, status and verdict stand."""

    run: Run


@dataclass(frozen=True, slots=True)
class Progressed:
    """Work done and left of the whole sweep: `share` from 0 to 1, `left_s` seconds (None: not known yet)."""

    share: float
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watcher saw since the frame before, while a trial goes on."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the person should know, in one line; the sweep goes on."""

    message: str


@dataclass(frozen=True, slots=True)
class SweepEnded:
    """The sweep is over; `interrupted` when it was stopped before its end."""

    sweep: Sweep
    interrupted: bool


LabEvent = (
    SweepStarted
    | Calibrating
    | TrialStarted
    | TrialProgress
    | TrialEnded
    | RunEnded
    | Progressed
    | Watched
    | Warned
    | SweepEnded
)
