"""How far one worker foretells that others can go: which bounds the chart wants, and for how many cores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gil_tui.lab.records import Run
from gil_tui.tui.model import LabState
from gil_tui.tui.series import WORKERS, View, executor_of, interpreters_of, shown_runs

LADDER = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""Numbers of cores that the keys step through, with this host's own among them."""
KEPT_AT_MOST = 64

Fits = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Bounds of `executors` on `cpus` for one work of a sweep: equal for those that need to be found once."""

    sweep_id: str
    workload: str
    interpreter_key: str
    cpus: float
    executors: tuple[str, ...]


@dataclass(slots=True)
class Foretold:
    """The bounds found so far; `cores` are those of another machine that the person asks about, else None.

    Those asked about when the screen was started stay a step of the ladder.
    """

    cores: float | None = None
    asked: tuple[float, ...] = ()
    _found: dict[Wanted, Fits] = field(default_factory=dict)

    def begin(self, cores: float | None, own: float) -> None:
        """Ask about so many cores from the beginning; None, or the host's own number, is this host."""
        if cores is not None and cores != own:
            self.cores, self.asked = cores, (cores,)

    def step(self, by: int, own: float) -> None:
        """More or fewer cores; the host's own are asked about with None."""
        ladder = sorted({*LADDER, *self.asked, own})
        at = ladder.index(own if self.cores is None else self.cores) + by
        cores = ladder[min(max(at, 0), len(ladder) - 1)]
        self.cores = None if cores == own else cores

    def fits(self, wanted: Wanted | None) -> Fits:
        """What was found, empty until then."""
        return self._found.get(wanted, ()) if wanted else ()

    def is_open(self, wanted: Wanted | None) -> bool:
        """Whether this has yet to be found."""
        return wanted is not None and wanted not in self._found

    def keep(self, wanted: Wanted, fits: Fits) -> None:
        """Keep what was found, in place of what is oldest."""
        self._found[wanted] = fits
        while len(self._found) > KEPT_AT_MOST:
            del self._found[next(iter(self._found))]


def wanted_bounds(state: LabState, view: View, cores: float | None) -> Wanted | None:
    """What the shown chart needs that the sweep itself does not say; None for nothing.

    Those of this host are in the sweep once it has ended; until then the first trial of its sequential run
    foretells them.
    """
    runs = shown_runs(view, state.runs)
    if view.axis != WORKERS or len(interpreters_of(runs)) != 1 or (cores is None and state.fits):
        return None
    alone = next((run for run in runs if run.experiment.executor == "sequential" and run.walls_s), None)
    executors = tuple(dict.fromkeys(executor_of(run) for run in runs if run is not alone))
    if alone is None or not executors:
        return None
    experiment = alone.experiment
    cpus = alone.host.cpus_effective if cores is None else cores
    return Wanted(state.sweep_id, experiment.workload, experiment.interpreter_key, cpus, executors)


def runs_of(wanted: Wanted, runs: Sequence[Run]) -> list[Run]:
    """The runs that the bounds are found from."""
    key = (wanted.workload, wanted.interpreter_key)
    return [run for run in runs if (run.experiment.workload, run.experiment.interpreter_key) == key]
