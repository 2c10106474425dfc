"""Conducts a sweep from the command line: the store, the progress line, and signals that end it."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from gil_tui.commands.progress import ProgressLine
from gil_tui.history import History, StoreError
from gil_tui.lab.conduct import conduct
from gil_tui.lab.event_loop import run_loop
from gil_tui.lab.events import LabEvent, SweepEnded, Warned
from gil_tui.lab.plan import Plan
from gil_tui.lab.records import Sweep
from gil_tui.lab.watching import started_watcher

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Outcome:
    """What became of a sweep, None if it never began; the `signal` that ended it, or 0."""

    sweep: Sweep | None = None
    signal: int = 0


def conduct_until_signalled(plan: Plan, *, save: bool) -> Outcome:
    """Conduct the plan to its end, or until SIGINT, SIGTERM or SIGHUP; finished trials are kept."""
    store = _history() if save else None
    try:
        return run_loop(lambda: _conduct(plan, store))
    finally:
        if store is not None:
            store.close()


def _history() -> History | None:
    try:
        return History.open()
    except StoreError as error:
        print(f"gil-tui: these runs will not be kept: {error}", file=sys.stderr)
        return None


async def _conduct(plan: Plan, store: History | None) -> Outcome:
    outcome = Outcome()
    progress = ProgressLine()

    def hear(event: LabEvent) -> None:
        if isinstance(event, SweepEnded):
            outcome.sweep = event.sweep
        progress.hear(event)

    async def watched_sweep() -> Sweep:
        async with started_watcher(plan, lambda line: hear(Warned(line))) as watcher:
            return await conduct(plan, hear, store, watcher)

    def hear_signal(number: int) -> None:
        outcome.signal = number

    task = asyncio.ensure_future(watched_sweep())
    with ended_by_signals(task, hear_signal):
        try:
            with suppress(asyncio.CancelledError):
                outcome.sweep = await task
        finally:
            progress.clear()
    return outcome


@contextmanager
def ended_by_signals(task: asyncio.Future[Any], on_signal: Callable[[int], None]) -> Iterator[None]:
    """Cancel `task` at the first of `SIGNALS` and tell `on_signal`; a second one ends this program at once.

    A signal that was ignored from the start, as under nohup, stays ignored.
    """
    loop = asyncio.get_running_loop()
    handled = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]

    def stop(number: int) -> None:
        on_signal(number)
        release()
        task.cancel()

    def release() -> None:
        for number in handled:
            loop.remove_signal_handler(number)

    for number in handled:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        release()
