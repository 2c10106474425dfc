"""Measures an audit from the command line: what it has, what it misses, progress, and signals that end it."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from gil_tui.commands.conducting import ended_by_signals
from gil_tui.commands.progress import ProgressLine
from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.history.checking import checked
from gil_tui.lab.auditing import AuditEvent, StepEnded, StepStarted, measure
from gil_tui.lab.event_loop import run_loop
from gil_tui.lab.events import Warned
from gil_tui.lab.interpreters import find_interpreters
from gil_tui.lab.plan import REPEATS, Plan
from gil_tui.lab.watching import started_watcher
from gil_tui.text import clean
from gil_tui.verdict.audit import fills_of
from gil_tui.verdict.audit_fill import merged
from gil_tui.verdict.audit_model import Audit, Fill


@dataclass(slots=True)
class Outcome:
    """The audit as it was measured, what was refused, and the `signal` that ended it, or 0."""

    audit: Audit
    refusals: list[str] = field(default_factory=list)
    signal: int = 0


def measure_until_signalled(
    history: History,
    audit: Audit,
    points: Sequence[int] | None = None,
    *,
    again: bool = False,
    repeats: int | None = None,
) -> Outcome:
    """Measure the points that are asked for and missing, until all are or SIGINT, SIGTERM or SIGHUP."""
    fills = fills_wanted(history, audit, points, again=again)
    return run_loop(lambda: _measure(history, audit, fills, repeats or REPEATS))


def fills_wanted(
    history: History, audit: Audit, points: Sequence[int] | None, *, again: bool = False
) -> tuple[Fill, ...]:
    """What measures these points, without `points` all that are missing; those measured only `again`."""
    found = checked(history, audit, find_interpreters())
    missing = {point.number for point in found.checklist.missing}
    wanted = set(points) if points is not None else missing
    chosen = [point for point in found.checklist.points if point.number in wanted]
    if not again:
        chosen = [point for point in chosen if point.state != "done"]
    return merged(fill for point in chosen for fill in fills_of(point, audit, found.material))


async def _measure(history: History, audit: Audit, fills: Sequence[Fill], repeats: int) -> Outcome:
    outcome, progress = Outcome(audit), ProgressLine()

    def hear(event: AuditEvent) -> None:
        if isinstance(event, StepStarted):
            progress.clear()
            numbers = ", ".join(map(str, event.points))
            some = "points" if len(event.points) > 1 else "point"
            print(
                f"gil-tui: {event.number} of {event.total}, {some} {numbers}: {clean(event.command)}",
                file=sys.stderr,
            )
        elif isinstance(event, StepEnded):
            progress.clear()
            if event.refusal:
                numbers = ", ".join(map(str, event.points))
                outcome.refusals.append(f"point {numbers} could not be measured: {clean(event.refusal)}")
        else:
            progress.hear(event)

    async def measured() -> None:
        async with started_watcher(Plan(()), lambda line: hear(Warned(line))) as watcher:
            outcome.audit = await measure(
                audit, fills, history, Audits(history), hear, watcher, repeats=repeats
            )

    def hear_signal(number: int) -> None:
        outcome.signal = number

    if not fills:
        return outcome
    task = asyncio.ensure_future(measured())
    with ended_by_signals(task, hear_signal):
        try:
            with suppress(asyncio.CancelledError):
                await task
        finally:
            progress.clear()
    return outcome
