"""The self-test: known loads and a small sweep on this host and interpreter, held against the truth."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gil_tui import __version__
from gil_tui.lab import judge, known_loads
from gil_tui.lab.child import run_child
from gil_tui.lab.conduct import conduct
from gil_tui.lab.events import LabEvent, Progressed
from gil_tui.lab.host import describe_host
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.known_loads import Length, OpenWatcher, opened_watcher
from gil_tui.lab.plan import plan_sweep
from gil_tui.lab.records import Host, Run, Sweep, Trial
from gil_tui.lab.trial import ChildRunner
from gil_tui.verdict import selftest
from gil_tui.verdict.known_loads import LoadFigures, checks_of_load, name_of
from gil_tui.verdict.known_speedups import SpreadFigures, checks_of_bound, checks_of_speedup
from gil_tui.verdict.selftest import Check
from gil_tui.watch.client import WatcherError

SELFTEST_SCHEMA = "gil-tui/selftest/1"
NEEDS_LINUX = "the gauge and the lanes need Linux"

Load = tuple[str, int]
OnProgress = Callable[[str, float, float | None], None]
"""What is under way, the share that is done, and the seconds that are left."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What is run and for how long: `quiet` loads all at once, `busy` ones one after the other.

    The sweep has so many `workloads`, each with one worker and with two threads and processes, in `repeats`
    trials of `tasks`; `sweep_s` is about what it takes.
    """

    quiet: tuple[Load, ...]
    busy: tuple[Load, ...]
    quiet_length: Length
    busy_length: Length
    workloads: tuple[str, ...]
    repeats: int
    tasks: int
    sweep_s: float


WORKERS = 2
FULL = Extent(
    quiet=(("idle", 8), ("sleep", 10), ("hold", 20), ("hold", 50), ("hold", 80), ("lock", 4)),
    busy=(("spin", 1), ("spin", 2), ("spin", 8), ("spin", 16), ("hash", 2)),
    quiet_length=Length(1.5, 8.0),
    busy_length=Length(0.7, 2.5),
    workloads=("countdown", "sha256", "sleep"),
    repeats=4,
    tasks=16,
    sweep_s=25.0,
)
QUICK = Extent(
    quiet=(("idle", 8), ("sleep", 10), ("hold", 50), ("lock", 4)),
    busy=(("spin", 4), ("hash", 2)),
    quiet_length=Length(1.3, 3.0),
    busy_length=Length(0.6, 1.2),
    workloads=("countdown", "sleep"),
    repeats=2,
    tasks=12,
    sweep_s=9.0,
)
WARMUP_S = 0.5
"""Enough for the few loops of these workloads, where an interpreter must warm up."""
START_S = 0.5
"""What a load and its watcher take to come up, about."""


@dataclass(frozen=True, slots=True)
class Selftest:
    """A self-test as it is kept and shown: the instrument on this host, that day, with this interpreter.

    `python` names it as in `CPython 3.13.0`, empty where it told nothing of itself.
    """

    host: Host
    created_at: str
    version: str
    interpreter: str
    python: str
    quick: bool
    seconds: float
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Every check that was possible has passed."""
        return selftest.all_passed(self.checks)

    @property
    def sentence(self) -> str:
        """The result in words."""
        return selftest.conclusion(self.checks)

    def to_json(self) -> dict[str, Any]:
        """The document of `selftest --json`."""
        return {
            "schema": SELFTEST_SCHEMA,
            "host": self.host.to_json(),
            "created_at": self.created_at,
            "version": self.version,
            "interpreter": self.interpreter,
            "python": self.python,
            "quick": self.quick,
            "seconds": self.seconds,
            "passed": self.passed,
            "sentence": self.sentence,
            "checks": [check.to_json() for check in self.checks],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Selftest":
        """The inverse of `to_json`."""
        known = {name: value for name, value in document.items() if name in cls.__slots__}
        known["host"] = Host.from_json(document["host"])
        known["checks"] = tuple(Check.from_json(check) for check in document["checks"])
        return cls(**known)


async def run_selftest(
    interpreter: Interpreter,
    on_progress: OnProgress,
    extent: Extent = FULL,
    *,
    open_watcher: OpenWatcher = opened_watcher,
    child: ChildRunner = run_child,
) -> Selftest:
    """Run the self-test; everything that it starts has ended when this returns or is cancelled."""
    return await _Conductor(interpreter, on_progress, extent, open_watcher, child).run()


class _Conductor:
    """One self-test under way."""

    def __init__(
        self,
        interpreter: Interpreter,
        on_progress: OnProgress,
        extent: Extent,
        open_watcher: OpenWatcher,
        child: ChildRunner,
    ) -> None:
        self._interpreter, self._extent = interpreter, extent
        self._tell = on_progress
        self._open_watcher, self._child = open_watcher, child
        self._host = describe_host()
        lengths = (extent.quiet_length, *[extent.busy_length] * len(extent.busy))
        self._left_s = sum(_took_s(length) for length in lengths) + extent.sweep_s
        self._all_s = self._left_s

    async def run(self) -> Selftest:
        """The loads, then the sweep."""
        created_at = datetime.now(UTC).isoformat(timespec="seconds")
        begun_s = asyncio.get_running_loop().time()
        loads = await self._loads()
        sweep = await self._sweep()
        seconds = asyncio.get_running_loop().time() - begun_s
        spreads = spreads_of(sweep)
        checks = [check for load in loads for check in checks_of_load(load)]
        checks += [*checks_of_speedup(spreads), *checks_of_bound(spreads)]
        return Selftest(
            host=self._host,
            created_at=created_at,
            version=__version__,
            interpreter=self._interpreter.key,
            python=next((facts.python for run in sweep.runs if (facts := judge.run_facts(run)).python), ""),
            quick=self._extent is not FULL,
            seconds=seconds,
            checks=selftest.in_order(checks),
        )

    async def _loads(self) -> list[LoadFigures]:
        extent = self._extent
        if sys.platform != "linux":
            return [LoadFigures(*load, why=NEEDS_LINUX) for load in (*extent.quiet, *extent.busy)]
        self._say("loads that hardly compute")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._load(load, extent.quiet_length)) for load in extent.quiet]
        figures = [task.result() for task in tasks]
        self._left_s -= _took_s(extent.quiet_length)
        for load in extent.busy:
            self._say(name_of(*load))
            figures.append(await self._load(load, extent.busy_length))
            self._left_s -= _took_s(extent.busy_length)
        return figures

    async def _load(self, load: Load, length: Length) -> LoadFigures:
        return await known_loads.watched_load(
            self._interpreter, *load, length, self._host.cpus, self._open_watcher
        )

    async def _sweep(self) -> Sweep:
        extent = self._extent
        plan = plan_sweep(
            extent.workloads,
            ("threads", "processes"),
            (WORKERS,),
            (self._interpreter,),
            tasks=extent.tasks,
            repeats=extent.repeats,
        )
        plan = replace(plan, warmup_s={key: min(WARMUP_S, s) for key, s in plan.warmup_s.items()})
        self._say("a small sweep")
        try:
            async with self._open_watcher() as watcher:
                return await conduct(plan, self._hear, None, watcher, child=self._child)
        except WatcherError:
            return await conduct(replace(plan, watch=False), self._hear, child=self._child)

    def _hear(self, event: LabEvent) -> None:
        if isinstance(event, Progressed):
            self._left_s = self._extent.sweep_s * (1 - event.share)
            self._say("a small sweep", event.left_s)

    def _say(self, doing: str, left_s: float | None = None) -> None:
        self._tell(doing, 1 - self._left_s / self._all_s, self._left_s if left_s is None else left_s)


def _took_s(length: Length) -> float:
    return START_S + length.settle_s + length.seconds


def spreads_of(sweep: Sweep) -> tuple[SpreadFigures, ...]:
    """Its runs with several workers, with what the one with one worker foretold of each."""
    alone = {run.experiment.workload: run for run in sweep.runs if run.experiment.executor == "sequential"}
    return tuple(
        _spread(run, alone[run.experiment.workload], sweep.fits)
        for run in sweep.runs
        if run.experiment.executor != "sequential"
    )


def _spread(run: Run, alone: Run, fits: Sequence[Mapping[str, Any]]) -> SpreadFigures:
    experiment, facts = run.experiment, judge.run_facts(run)
    failure = run.failure or alone.failure or {}
    return SpreadFigures(
        workload=experiment.workload,
        executor=experiment.executor,
        workers=experiment.workers,
        cpus=run.host.cpus_effective,
        gil_enabled=facts.gil_enabled is not False,
        speedup=run.speedup,
        foretold=_foretold(experiment.workload, experiment.executor, experiment.workers, fits),
        marks=_marks((*alone.trials, *run.trials)),
        why=failure.get("message", ""),
    )


def _marks(trials: Sequence[Trial]) -> tuple[str, ...]:
    """How many trials were disturbed, and by what; empty if none was."""
    marked = [trial for trial in trials if trial.marks]
    if not marked:
        return ()
    return (f"{len(marked)} of {len(trials)} trials, such as: {marked[0].marks[0]}",)


def _foretold(workload: str, executor: str, workers: int, fits: Sequence[Mapping[str, Any]]) -> float | None:
    for fit in fits:
        if (fit["model"], fit["workload"], fit["executor"]) == ("bound", workload, executor):
            return next((speedup for count, speedup in fit["curve"] if count == workers), None)
    return None
