"""Conducts a sweep from the command line: the store, the progress line, and signals that end it."""

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass

from gil_tui.commands.progress import ProgressLine
from gil_tui.history import History, StoreError
from gil_tui.lab.conduct import conduct
from gil_tui.lab.events import LabEvent, SweepEnded
from gil_tui.lab.plan import Plan
from gil_tui.lab.records import Sweep

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
        return asyncio.run(_conduct(plan, store))
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

    task = asyncio.ensure_future(conduct(plan, hear, store))
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        outcome.signal = number
        for installed in handled:  # a second one ends this program at once
            loop.remove_signal_handler(installed)
        task.cancel()

    handled = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, stop, number)
    try:
        with suppress(asyncio.CancelledError):
            outcome.sweep = await task
    finally:
        progress.clear()
    return outcome
