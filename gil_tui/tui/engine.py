"""What the screen needs of the rest of the house, as one object that tests replace."""

import os
import platform
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gil_tui.bench.spec import Knob
from gil_tui.history import History
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.events import LabEvent, Warned
from gil_tui.lab.interpreters import (
    Interpreter,
    default_interpreter,
    find_interpreters,
    running_interpreter,
)
from gil_tui.lab.records import Run, Sweep
from gil_tui.language.spoken import say, say_in, sentence, to_say
from gil_tui.tui.settings import SETTINGS, Settings
from gil_tui.watch.cores import CoreSampler, EffectiveCpus, HostCpu, effective_cpus

if TYPE_CHECKING:
    from gil_tui.lab.auditing import OnEvent as OnAuditEvent
    from gil_tui.lab.availability import Availability
    from gil_tui.lab.plan import Plan
    from gil_tui.tui.watch_engine import WatchEngine
    from gil_tui.verdict.audit_model import Audit, Fill
    from gil_tui.watch.client import WatcherProcess

UNWATCHED = to_say("GIL and threads are not watched: {why}")
NICE = 19
"""Niceness of the screen's own thread from the first run on: it yields to what is measured."""

OnEvent = Callable[[LabEvent], None]


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload that can be chosen: its name, the sentence of what it shows, and what can be set in it."""

    name: str
    shows: str
    family: str = ""
    size_unit: str = ""
    knobs: tuple[Knob, ...] = ()


@dataclass(frozen=True, slots=True)
class Executor:
    """An executor that can be chosen, such as `processes:spawn`, and what it means."""

    name: str
    means: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What the pickers hold: interpreters are keys, executors may carry a start method."""

    workloads: tuple[str, ...]
    executors: tuple[str, ...]
    workers: tuple[int, ...]
    interpreters: tuple[str, ...]
    settings: Settings = ()

    def missing(self) -> str:
        """What has to be chosen before this can run; empty when nothing has."""
        for value, words in (
            (self.workloads, to_say("Choose a workload first.")),
            (self.executors, to_say("Choose an executor first.")),
            (self.workers, to_say("Choose a number of workers first.")),
            (self.interpreters, to_say("Choose an interpreter first.")),
        ):
            if not value:
                return say(words)
        return ""


Known = dict[tuple[str, str], "Availability"]
"""By name of a workload or executor and key of an interpreter."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The functions behind the screen.

    `find_interpreters` (the one to take first of all), `catalogue` (with what others provide),
    `availability` (of these workloads and executors on these interpreters), `judge`, `bounds` (of these
    executors on so many CPUs, from runs of one work) and `open_history` are slow: they are called off the
    event loop. `own` is the person's own code, `check` says what is wrong with settings of these workloads,
    if anything, and `following` is the sweep that a `Sweep.best` of these runs asks for. `prepare` comes
    before the first `conduct`, which runs a selection, reports to its second argument in the same loop, and
    is cancelled to stop. `close` ends what `prepare` has started.
    """

    workloads: Callable[[], Sequence[Workload]]
    executors: Callable[[], Sequence[Executor]]
    own: Callable[[], Workload]
    catalogue: Callable[[], tuple[Sequence[Workload], Sequence[Executor]]]
    running_interpreter: Callable[[], Interpreter]
    find_interpreters: Callable[[], Sequence[Interpreter]]
    availability: Callable[[Sequence[str], Sequence[str], Sequence[Interpreter]], Known]
    check: Callable[[Sequence[str], Settings], str]
    judge: Callable[[Sequence[Run]], Sweep]
    bounds: Callable[[Sequence[Run], float, Sequence[str]], tuple[Mapping[str, Any], ...]]
    following: Callable[[Sequence[Run], Mapping[str, Any]], Selection | None]
    prepare: Callable[[OnEvent], Awaitable[None]]
    conduct: Callable[[Selection, OnEvent, History], Awaitable[Sweep]]
    close: Callable[[], Awaitable[None]]
    cores: Callable[[], HostCpu]
    effective_cpus: Callable[[], EffectiveCpus]
    open_history: Callable[[], History]
    load: Callable[[], float | None]
    host_name: str
    watching: "Callable[[], WatchEngine]"
    auditing: "Callable[[Audit, Sequence[Fill], OnAuditEvent, History], Awaitable[Audit]]"


def real_engine(named: Sequence[Interpreter] = ()) -> Engine:
    """The engine of this house, with the interpreters that the person named.

    What is slow to import is imported when it is first needed.
    """
    lab = _Lab(named)
    return Engine(
        workloads=_workloads,
        executors=_executors,
        own=_own,
        catalogue=_catalogue,
        running_interpreter=running_interpreter,
        find_interpreters=lab.find_interpreters,
        availability=_availability,
        check=_check,
        judge=_judge,
        bounds=_bounds,
        following=_following,
        prepare=lab.prepare,
        conduct=lab.conduct,
        close=lab.close,
        cores=CoreSampler().host,
        effective_cpus=effective_cpus,
        open_history=History.open,
        load=_load,
        host_name=platform.node(),
        watching=_watching,
        auditing=lab.audit,
    )


class _Lab:
    """The Lab's part of the engine: it remembers the interpreters and the watcher's process."""

    def __init__(self, named: Sequence[Interpreter]) -> None:
        self._named = {one.key: one for one in named}
        self._known = {(running := running_interpreter()).key: running} | self._named
        self._watcher: WatcherProcess | None = None
        self._prepared = False

    def find_interpreters(self) -> list[Interpreter]:
        first = default_interpreter()
        found = sorted(find_interpreters(), key=lambda one: one.path != first.path)
        ordered = {one.key: one for one in (*self._named.values(), *found)}
        self._known |= ordered
        return list(ordered.values())

    async def prepare(self, on_event: OnEvent) -> None:
        """Start what has to keep the full priority, then lower this thread's, once and for good."""
        from gil_tui.lab.child import prepare_launcher
        from gil_tui.watch.client import WatcherError, WatcherProcess

        if self._prepared:
            return
        self._prepared = True
        prepare_launcher()
        watcher = WatcherProcess()
        try:
            await watcher.start()
            self._watcher = watcher
        except WatcherError as error:
            on_event(Warned(say(UNWATCHED, why=error)))
        if sys.platform == "linux":  # elsewhere the whole process would be meant
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)

    async def conduct(self, selection: Selection, on_event: OnEvent, history: History) -> Sweep:
        from gil_tui.lab.conduct import conduct

        plan = self._plan(selection)
        watcher = self._watcher
        if watcher and watcher.failure:
            on_event(Warned(say(UNWATCHED, why=watcher.failure)))
            watcher = None
        return await conduct(plan, on_event, history, watcher)

    async def audit(
        self, audit: "Audit", fills: "Sequence[Fill]", on_event: "OnAuditEvent", history: History
    ) -> "Audit":
        from gil_tui.history.audits import Audits
        from gil_tui.lab.auditing import measure

        return await measure(audit, fills, history, Audits(history), on_event, self._watcher)

    async def close(self) -> None:
        if self._watcher:
            await self._watcher.close()

    def _plan(self, selection: Selection) -> "Plan":
        from gil_tui.lab.plan import plan_sweep

        return plan_sweep(
            selection.workloads,
            selection.executors,
            selection.workers,
            [self._interpreter(key) for key in selection.interpreters],
            **plan_options(selection.settings),
        )

    def _interpreter(self, key: str) -> Interpreter:
        """One that was found; else what the key of an older run means now, or UsageError."""
        if key not in self._known:
            from gil_tui.lab.interpreters import resolve_interpreter

            self._known[key] = resolve_interpreter(key)
        return self._known[key]


WHOLE = ("size", "tasks", "repeats")
OWN_CODE = "own:code"
"""A name that needs nothing, to check the settings that every workload has."""


def plan_options(settings: Settings) -> dict[str, Any]:
    """The settings as arguments of `plan_sweep`, which knows the knobs; raises UsageError."""
    options: dict[str, Any] = {}
    knobs: dict[str, str] = {}
    for name, text in settings:
        if name in WHOLE:
            options[name] = _number(int, name, text, to_say("{name} takes a whole number, not {text}"))
        elif name == "timeout":
            options["timeout_s"] = _number(float, name, text, SECONDS)
        elif name == "switch interval":
            parts = text.replace(",", " ").split()
            options["switch_interval_s"] = [_number(float, name, one, SECONDS) for one in parts]
        elif name == "dask":
            options["cluster"] = text
        else:
            knobs[name] = text
    return options | {"knobs": knobs}


SECONDS = to_say("{name} takes a number of seconds, not {text}")


def _number(kind: Callable[[str], float], name: str, text: str, otherwise: str) -> float:
    try:
        return kind(text)
    except ValueError:
        raise UsageError(say(otherwise, name=say_in(SETTINGS, name), text=repr(text))) from None


def _check(workloads: Sequence[str], settings: Settings) -> str:
    """The rules of the command line, without asking any interpreter for what it has."""
    from gil_tui.lab.knobs import checked_knobs, known_workloads
    from gil_tui.lab.plan import ADDRESS, plan_sweep

    try:
        options = plan_options(settings)
        checked_knobs(workloads, known_workloads(workloads), options.pop("knobs"))
        if not ADDRESS.fullmatch(options.pop("cluster", "host:1")):
            return say("dask takes the address of a scheduler, such as tcp://host:8786")
        plan_sweep([OWN_CODE], ["threads"], [1], [running_interpreter()], **options)
    except (UsageError, LabError) as error:
        return sentence(str(error))
    return ""


@cache
def _workloads() -> tuple[Workload, ...]:
    from gil_tui.bench.workloads import catalogue

    return tuple(map(_workload, catalogue()))


def _workload(found: Any) -> Workload:
    return Workload(found.name, found.shows, found.family, found.size_unit, tuple(found.knobs))


@cache
def _own() -> Workload:
    from gil_tui.bench.workloads import own_knobs

    shows = to_say("Your own code, imported in the experiment's process only.")
    return Workload("", shows, "yours", "calls", tuple(own_knobs()))


@cache
def _executors() -> tuple[Executor, ...]:
    from gil_tui.bench.executors.catalogue import CATALOGUE

    return tuple(_spread(CATALOGUE))


def _spread(catalogue: Any) -> Iterator[Executor]:
    for name, entry in catalogue.items():
        if name != "sequential":
            yield Executor(name, entry.means)
            yield from (Executor(f"{name}:{one}", START_MEANS.get(one, "")) for one in entry.start_methods)


def _catalogue() -> tuple[Sequence[Workload], Sequence[Executor]]:
    """With what other packages provide, which are imported for that."""
    from gil_tui.lab.plugins import executor_catalogue, workload_catalogue

    return tuple(map(_workload, workload_catalogue())), tuple(_spread(executor_catalogue()))


START_MEANS = {
    "fork": to_say("processes that are copies of the first one: started in a moment, unsafe beside threads"),
    "spawn": to_say(
        "processes that start from nothing and import everything anew: slow to start, always safe"
    ),
    "forkserver": to_say("processes copied from a clean server: quicker than spawn once that runs"),
}


def _availability(
    workloads: Sequence[str], executors: Sequence[str], interpreters: Sequence[Interpreter]
) -> Known:
    from gil_tui.lab.availability import executor_availability, look_at, workload_availability

    look_at(interpreters)
    found = {(name, one.key): workload_availability(name, one) for name in workloads for one in interpreters}
    return found | {
        (name, one.key): executor_availability(name, one) for name in executors for one in interpreters
    }


def _judge(runs: Sequence[Run]) -> Sweep:
    from gil_tui.lab.judge import judged_sweep

    return judged_sweep(runs[0].sweep_id, runs[0].host, runs)


def _bounds(runs: Sequence[Run], cpus: float, executors: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    from gil_tui.lab.judge import bounds_at

    return bounds_at(runs, cpus, executors)


def _following(runs: Sequence[Run], best: Mapping[str, Any]) -> Selection | None:
    from gil_tui.lab.following import next_experiments

    experiments = next_experiments(runs, best)
    if not experiments:
        return None
    one = experiments[-1]
    settings = [(name, str(value)) for name, value in one.knobs]
    settings += [("size", str(one.size))] if one.size is not None else []
    interval_s = one.switch_interval_s
    settings += [("switch interval", f"{interval_s:g}")] if interval_s is not None else []
    settings += [("dask", one.cluster)] if one.cluster else []
    return Selection(
        (one.workload,),
        (f"{one.executor}:{one.start_method}" if one.start_method else one.executor,),
        tuple(experiment.workers for experiment in experiments[1:]),
        (one.interpreter_key,),
        tuple(settings),
    )


def _watching() -> "WatchEngine":
    from gil_tui.tui.watch_engine import WatchEngine

    return WatchEngine()


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # not on this system, or no descriptor left to read it with
        return None
