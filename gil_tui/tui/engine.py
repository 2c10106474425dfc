"""What the screen needs of the rest of the house, as one object that tests replace."""

import os
import platform
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gil_tui.history import History
from gil_tui.lab.events import LabEvent, Warned
from gil_tui.lab.interpreters import (
    Interpreter,
    default_interpreter,
    find_interpreters,
    running_interpreter,
)
from gil_tui.lab.records import Sweep
from gil_tui.watch.cores import CoreSampler, EffectiveCpus, HostCpu, effective_cpus

if TYPE_CHECKING:
    from gil_tui.tui.watch_engine import WatchEngine
    from gil_tui.watch.client import WatcherProcess

NICE = 19
"""Niceness of the screen's own thread from the first run on: it yields to what is measured."""

OnEvent = Callable[[LabEvent], None]


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload that can be chosen: its name and the sentence of what it shows."""

    name: str
    shows: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What the pickers hold: interpreters are keys, executors may carry a start method."""

    workload: str
    executors: tuple[str, ...]
    workers: tuple[int, ...]
    interpreters: tuple[str, ...]

    def missing(self) -> str:
        """What has to be chosen before this can run; empty when nothing has."""
        for value, words in (
            (self.workload, "a workload"),
            (self.executors, "an executor"),
            (self.workers, "a number of workers"),
            (self.interpreters, "an interpreter"),
        ):
            if not value:
                return f"Choose {words} first."
        return ""


@dataclass(frozen=True, slots=True)
class Engine:
    """The functions behind the screen.

    `find_interpreters` (the one to take first of all) and `open_history` are slow: they are called off
    the event loop. `prepare` comes before the first `conduct`, which runs a selection, reports to its
    second argument in the same loop, and is cancelled to stop. `close` ends what `prepare` has started.
    """

    workloads: Callable[[], Sequence[Workload]]
    running_interpreter: Callable[[], Interpreter]
    find_interpreters: Callable[[], Sequence[Interpreter]]
    prepare: Callable[[OnEvent], Awaitable[None]]
    conduct: Callable[[Selection, OnEvent, History], Awaitable[Sweep]]
    close: Callable[[], Awaitable[None]]
    cores: Callable[[], HostCpu]
    effective_cpus: Callable[[], EffectiveCpus]
    open_history: Callable[[], History]
    load: Callable[[], float | None]
    host_name: str
    watching: "Callable[[], WatchEngine]"


def real_engine() -> Engine:
    """The engine of this house; what is slow to import is imported when it is first needed."""
    lab = _Lab()
    return Engine(
        workloads=_workloads,
        running_interpreter=running_interpreter,
        find_interpreters=lab.find_interpreters,
        prepare=lab.prepare,
        conduct=lab.conduct,
        close=lab.close,
        cores=CoreSampler().host,
        effective_cpus=effective_cpus,
        open_history=History.open,
        load=_load,
        host_name=platform.node(),
        watching=_watching,
    )


class _Lab:
    """The Lab's part of the engine: it remembers the interpreters and the watcher's process."""

    def __init__(self) -> None:
        self._known = {(running := running_interpreter()).key: running}
        self._watcher: WatcherProcess | None = None
        self._prepared = False

    def find_interpreters(self) -> list[Interpreter]:
        first = default_interpreter()
        found = find_interpreters()
        ordered = sorted(found, key=lambda one: one.path != first.path)
        self._known |= {one.key: one for one in ordered}
        return ordered

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
            on_event(Warned(f"GIL and threads are not watched: {error}"))
        if sys.platform == "linux":  # elsewhere the whole process would be meant
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)

    async def conduct(self, selection: Selection, on_event: OnEvent, history: History) -> Sweep:
        from gil_tui.lab.conduct import conduct
        from gil_tui.lab.plan import plan_sweep

        interpreters = [self._known[key] for key in selection.interpreters]
        plan = plan_sweep([selection.workload], selection.executors, selection.workers, interpreters)
        watcher = self._watcher
        if watcher and watcher.failure:
            on_event(Warned(f"GIL and threads are not watched: {watcher.failure}"))
            watcher = None
        return await conduct(plan, on_event, history, watcher)

    async def close(self) -> None:
        if self._watcher:
            await self._watcher.close()


@cache
def _workloads() -> tuple[Workload, ...]:
    from gil_tui.bench.workloads import catalogue

    return tuple(Workload(workload.name, workload.shows) for workload in catalogue())


def _watching() -> "WatchEngine":
    from gil_tui.tui.watch_engine import WatchEngine

    return WatchEngine()


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
