"""What the chart draws: the runs of a sweep as series of points over workers, Pythons or workloads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gil_tui.history import rows as history_rows
from gil_tui.lab.records import Run
from gil_tui.text import clean
from gil_tui.verdict.statistics import Interval, median_interval

WORKERS, PYTHONS, WORKLOADS = "workers", "Python", "workload"
AXES = (WORKERS, PYTHONS, WORKLOADS)
TOGETHER = 2
"""So many interpreters are at first shown in one chart over workers; of more, one at a time."""
MOST_TOGETHER = 3
"""Markers tell at most so many interpreters apart."""
MANY = 4
"""From so many interpreters on they are at first the x axis themselves."""
ALL = "*"


@dataclass(frozen=True, slots=True)
class Point:
    """One median with its interval at `x`: a number of workers, or the place on an axis of names."""

    x: float
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one executor, such as `processes:spawn`; `interpreter` counts those shown from 0."""

    executor: str
    interpreter: int
    python: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve that was calculated: (workers, speed-up against sequential), in the colour of `executor`.

    `style` is `fit` for a law fitted to the points, `bound` for what cannot be exceeded.
    """

    label: str
    style: str
    executor: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The number of workers to use, with the interval that it is known by."""

    workers: float
    low: float
    high: float
    executor: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the person wants to see; empty where it is to be chosen well.

    `python` is the key of an interpreter or `ALL`.
    """

    measure: str = "speedup"
    axis: str = ""
    python: str = ""
    workload: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn: `names` are the places of an axis that is not one of workers.

    `counts` are those of workers, also before they were measured; `cores` are those of another machine for
    which the bound is drawn, None for this one.
    """

    series: tuple[Series, ...] = ()
    measure: str = "speedup"
    axis: str = WORKERS
    names: tuple[str, ...] = ()
    cpus: float = 1.0
    lines: tuple[Line, ...] = ()
    mark: Mark | None = None
    counts: tuple[float, ...] = ()
    cores: float | None = None

    @property
    def has_points(self) -> bool:
        """Whether anything has been measured."""
        return any(one.points for one in self.series)


# What there is in the runs


def executor_of(run: Run) -> str:
    """The executor with its start method and switch interval: `processes:spawn`, `threads@0.5ms`."""
    return run.experiment.label.rpartition(" x")[0] or run.experiment.label


def python_of(run: Run) -> str:
    """The interpreter's version with its switches, such as `3.13.0t+gil`; its file until it said hello."""
    return clean(history_rows.python_label(run)).replace(" +", "+")


def interpreters_of(runs: Iterable[Run]) -> list[str]:
    """Keys of the interpreters, in order of appearance."""
    return list(dict.fromkeys(run.experiment.interpreter_key for run in runs))


def workloads_of(runs: Iterable[Run]) -> list[str]:
    """Names of the workloads, in order of appearance."""
    return list(dict.fromkeys(run.experiment.workload for run in runs))


def comparable(runs: Iterable[Run], units: Mapping[str, str]) -> bool:
    """Whether the workloads do the same kind of work, so that their times can be held against each other."""
    names = workloads_of(runs)
    kinds = {units.get(name, name) for name in names}
    return len(kinds) == 1 and (len(names) == 1 or kinds != {""})


# What is shown of it


def settled(view: View, runs: Sequence[Run]) -> View:
    """The view with everything chosen that the person has left open or that these runs do not have."""
    pythons, workloads = interpreters_of(runs), workloads_of(runs)
    axis = view.axis if view.axis in axes_of(runs) else _telling_axis(runs)
    several = axis == WORKERS and len(pythons) <= MOST_TOGETHER
    python = view.python if view.python in pythons or (view.python == ALL and several) else ""
    if not python:
        python = ALL if axis == WORKERS and 1 < len(pythons) <= TOGETHER else next(iter(pythons), "")
    workload = view.workload if view.workload in workloads else next(iter(workloads), "")
    return View(view.measure, axis, python, workload)


def axes_of(runs: Sequence[Run]) -> list[str]:
    """What the x axis can be: names only where there are several."""
    axes = [WORKERS]
    axes += [PYTHONS] if len(interpreters_of(runs)) > 1 else []
    return axes + ([WORKLOADS] if len(workloads_of(runs)) > 1 else [])


def _telling_axis(runs: Sequence[Run]) -> str:
    if len(workloads_of(runs)) > 1:
        return WORKLOADS
    return PYTHONS if len(interpreters_of(runs)) >= MANY else WORKERS


def pythons_to_show(view: View, runs: Sequence[Run]) -> list[str]:
    """Between what the key for the next interpreter steps: each one, and all where the chart can."""
    pythons = interpreters_of(runs)
    if view.axis == PYTHONS or len(pythons) < 2:
        return []
    return [*([ALL] if view.axis == WORKERS and len(pythons) <= MOST_TOGETHER else []), *pythons]


def workloads_to_show(view: View, runs: Sequence[Run]) -> list[str]:
    """Between what the key for the next workload steps."""
    workloads = workloads_of(runs)
    return [] if view.axis == WORKLOADS or len(workloads) < 2 else workloads


def shown_runs(view: View, runs: Sequence[Run]) -> list[Run]:
    """The runs that a settled view shows."""
    return [
        run
        for run in runs
        if (view.axis == PYTHONS or view.python in (ALL, run.experiment.interpreter_key))
        and (view.axis == WORKLOADS or view.workload == run.experiment.workload)
    ]


# Numbers


def wall_of(run: Run) -> Interval | None:
    """The median wall time of a run as it stands, while it is still measured too."""
    if run.wall_s:
        return run.wall_s
    return median_interval(run.walls_s) if run.walls_s else None


def baseline_of(runs: Iterable[Run], run: Run) -> Run | None:
    """The sequential run of the same workload on the same interpreter."""
    wanted = (run.experiment.workload, run.experiment.interpreter_key)
    for other in runs:
        experiment = other.experiment
        same = (experiment.workload, experiment.interpreter_key) == wanted
        if same and experiment.executor == "sequential":
            return other
    return None


def speedup_of(run: Run, runs: Sequence[Run]) -> Interval | None:
    """Speed-up against `sequential` as it stands; before the run has ended a wide interval.

    The interim interval divides the ends of both intervals, which covers more than 95 %.
    """
    if run.speedup:
        return run.speedup
    base = baseline_of(runs, run)
    wall, base_wall = wall_of(run), wall_of(base) if base else None
    return _ratio(base_wall, wall) if base_wall and wall else None


def _ratio(above: Interval, below: Interval) -> Interval | None:
    if min(below.low, below.median) <= 0:
        return None
    return Interval(above.median / below.median, above.low / below.high, above.high / below.low)


def work_of(run: Run) -> float | None:
    """Units of size that a trial does; None until that is calibrated."""
    size, tasks = run.experiment.size, run.experiment.tasks
    return float(size * tasks) if size and tasks else None


def same_work(run: Run, reference: Run | None) -> Interval | None:
    """The run's time for as much work as a trial of `reference` does, since each is calibrated by itself."""
    wall = wall_of(run)
    own, wanted = work_of(run), work_of(reference) if reference else None
    if wall is None or own is None or wanted is None:
        return wall
    factor = wanted / own
    return Interval(wall.median * factor, wall.low * factor, wall.high * factor)


def gain_over(run: Run, reference: Run | None, runs: Sequence[Run]) -> Interval | None:
    """How many times the work of `reference` the run does in the same time."""
    if reference is None or run is reference or baseline_of(runs, run) is reference:
        return speedup_of(run, runs)
    base, own = wall_of(reference), same_work(run, reference)
    return _ratio(base, own) if base and own else None


# Series


def series_of(runs: Sequence[Run], view: View, units: Mapping[str, str] | None = None) -> tuple[Series, ...]:
    """What the chart draws of a settled view; `units` of size by workload say what can be compared."""
    shown = shown_runs(view, runs)
    if view.axis == WORKERS:
        return _over_workers(shown, view.measure)
    return _over_names(shown, view, comparable(shown, units or {}))


def _over_workers(shown: Sequence[Run], measure: str) -> tuple[Series, ...]:
    order = interpreters_of(shown)
    reference = next((run for run in shown if run.experiment.executor == "sequential"), None)
    found: dict[tuple[str, str], list[Point]] = {}
    pythons: dict[str, str] = {}
    for run in shown:
        key = run.experiment.interpreter_key
        # A time is of the same work where there are several interpreters; a speed-up is of its own.
        interval = same_work(run, reference) if measure == "time" else speedup_of(run, shown)
        pythons.setdefault(key, python_of(run))
        points = found.setdefault((executor_of(run), key), [])
        if interval:
            points.append(_point(run.experiment.workers, interval))
    return tuple(
        Series(name, order.index(key), pythons[key], tuple(sorted(points, key=lambda point: point.x)))
        for (name, key), points in found.items()
    )


def _over_names(shown: Sequence[Run], view: View, is_comparable: bool) -> tuple[Series, ...]:
    """The best number of workers of each executor at each place."""
    places = _places(shown, view.axis)
    reference = next((run for run in shown if run.experiment.executor == "sequential"), None)
    best: dict[str, dict[int, Interval]] = {}
    for run in shown:
        if view.measure == "time":
            interval = same_work(run, reference) if is_comparable else wall_of(run)
        else:
            interval = gain_over(run, reference, shown) if is_comparable else speedup_of(run, shown)
        points = best.setdefault(executor_of(run), {})
        place = places.index(_place(run, view.axis))
        if interval and (place not in points or _is_better(interval, points[place], view.measure)):
            points[place] = interval
    return tuple(
        Series(name, 0, "", tuple(_point(place, interval) for place, interval in sorted(points.items())))
        for name, points in best.items()
    )


def _is_better(one: Interval, other: Interval, measure: str) -> bool:
    return one.median < other.median if measure == "time" else one.median > other.median


def _point(x: float, interval: Interval) -> Point:
    return Point(x, interval.median, interval.low, interval.high)


def _place(run: Run, axis: str) -> str:
    return run.experiment.interpreter_key if axis == PYTHONS else run.experiment.workload


def _places(shown: Sequence[Run], axis: str) -> list[str]:
    return interpreters_of(shown) if axis == PYTHONS else workloads_of(shown)


def names_of(runs: Sequence[Run], view: View) -> tuple[str, ...]:
    """The names on the x axis of a settled view, without the beginning that all have in common."""
    if view.axis == WORKERS:
        return ()
    shown = shown_runs(view, runs)
    if view.axis == PYTHONS:
        versions = {run.experiment.interpreter_key: python_of(run) for run in shown}
        return short_versions([versions[key] for key in _places(shown, PYTHONS)])
    return without_common_start([clean(name) for name in _places(shown, WORKLOADS)])


def short_versions(versions: Sequence[str]) -> tuple[str, ...]:
    """`3.13.0t+gil` becomes `3.13t+gil`, unless another one then had the same name."""
    short = [re.sub("(?i)pypy ", "pypy", re.sub(r"(\d+\.\d+)\.\d+", r"\1", version)) for version in versions]
    return tuple(
        brief if short.count(brief) == 1 else version for brief, version in zip(short, versions, strict=True)
    )


def without_common_start(names: Sequence[str]) -> tuple[str, ...]:
    """`loop_python`, `loop_numpy` become `python`, `numpy`."""
    heads = {name.partition("_")[0] for name in names if "_" in name}
    if len(names) > 1 and len(heads) == 1 and all("_" in name for name in names):
        return tuple(name.partition("_")[2] for name in names)
    return tuple(names)
