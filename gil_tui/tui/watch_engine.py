"""What the Watch tab needs of the rest of the house, as one object that tests replace."""

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gil_tui.watch import access
from gil_tui.watch.client import WatcherProcess
from gil_tui.watch.frames import Frame
from gil_tui.watch.processes import ProcessTable, PythonProcess, command_of
from gil_tui.watch.stacks import HotFunction, ThreadStack, hot_functions, one_dump


class Watcher(Protocol):
    """What is used of `watch.client.WatcherProcess`."""

    failure: str

    def watch(self, pid: int) -> None:
        """Look at this process and its descendants from now on."""

    def unwatch(self) -> None:
        """Look at nothing."""

    async def close(self) -> None:
        """End the watcher."""


OnFrame = Callable[[Frame], None]
OnEnd = Callable[[str], None]


async def _open_watcher(on_frame: OnFrame, on_end: OnEnd) -> Watcher:
    from gil_tui.lab.child import launcher

    watcher = WatcherProcess(on_frame, on_end)
    await watcher.start(launcher())
    return watcher


def _processes_reader() -> Callable[[], list[PythonProcess]]:
    """Reads the list without this program's own children: watchers, and what the Lab runs."""
    table, own = ProcessTable(), os.getpid()
    return lambda: [process for process in table.read() if process.parent_pid != own]


@dataclass(frozen=True, slots=True)
class WatchEngine:
    """The functions behind the Watch tab; `clock` is CLOCK_MONOTONIC, which frames are stamped with.

    `gone` says why a process cannot be watched. `open_watcher` raises WatcherError. What
    `processes_reader` gives is called off the event loop.
    """

    open_watcher: Callable[[OnFrame, OnEnd], Awaitable[Watcher]] = _open_watcher
    processes_reader: Callable[[], Callable[[], list[PythonProcess]]] = _processes_reader
    gone: Callable[[int], str] = access.refused
    command_of: Callable[[int], str] = command_of
    hot_of: Callable[[int], Awaitable[Sequence[HotFunction]]] = hot_functions
    dump_of: Callable[[int], Awaitable[Sequence[ThreadStack]]] = one_dump
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
