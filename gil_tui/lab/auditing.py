"""Measures what an audit misses: one sweep or watch after the other, with the same machinery as ever."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from gil_tui.lab.audit_watch import watch_function, watch_process
from gil_tui.lab.availability import workload_availability
from gil_tui.lab.child import run_child
from gil_tui.lab.conduct import conduct
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.events import LabEvent, RunEnded
from gil_tui.lab.interpreters import default_interpreter, resolve_interpreter
from gil_tui.lab.keeping import RunStore
from gil_tui.lab.knobs import known_workloads
from gil_tui.lab.plan import REPEATS, Plan, checked_workload, plan_sweep
from gil_tui.lab.records import Run
from gil_tui.lab.trial import ChildRunner
from gil_tui.lab.watching import WatcherLike
from gil_tui.verdict.audit_fill import PORTS, SWEEP, worker_counts
from gil_tui.verdict.audit_model import FUNCTION, PROCESS, Audit, Fill
from gil_tui.watch import access
from gil_tui.watch.cores import effective_cpus
from gil_tui.watch.processes import command_of


@dataclass(frozen=True, slots=True)
class StepStarted:
    """Step `number` of `total` begins: it is to fill `points`."""

    number: int
    total: int
    points: tuple[int, ...]
    command: str


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step is over; `refusal` says why it measured nothing, empty where it did."""

    points: tuple[int, ...]
    refusal: str = ""


AuditEvent = LabEvent | StepStarted | StepEnded
OnEvent = Callable[[AuditEvent], None]


class AuditStore(Protocol):
    """What is needed of the history's audits."""

    def save(self, audit: Audit) -> None:
        """Keep an audit as it is now."""

    def include(self, audit: Audit, *, runs: Iterable[int] = (), watches: Iterable[int] = ()) -> None:
        """Let these runs and watches belong to the audit."""

    def keep_watch(self, document: Mapping[str, Any], subject: str = "") -> int:
        """Keep a watch document; returns its number."""


def new_audit(subject: str, title: str = "", interpreter: str = "", directory: str = ".") -> Audit:
    """An audit of a workload, own code, or the process whose number `subject` is; not kept yet.

    Raises UsageError for what is none of these, LabError for a process that is not there or closed to us.
    """
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    if subject.isdecimal():
        refused = access.refused(int(subject))
        if refused:
            raise LabError(refused)
        command = command_of(int(subject))
        return Audit(title or command, command, PROCESS, created_at, pid=int(subject))
    checked_workload(subject, known_workloads([subject]))
    python = resolve_interpreter(interpreter) if interpreter else default_interpreter()
    return Audit(title or subject, subject, FUNCTION, created_at, python.key, str(Path(directory).absolute()))


async def measure(
    audit: Audit,
    fills: Sequence[Fill],
    store: RunStore,
    audits: AuditStore,
    on_event: OnEvent,
    watcher: WatcherLike | None,
    *,
    repeats: int = REPEATS,
    child: ChildRunner = run_child,
) -> Audit:
    """Do what `fills` say, one after the other, and keep it; returns the audit with what was refused.

    What cannot be measured is kept as the reason, and the next one is begun; where the subject itself fails
    it is not tried again. When cancelled, what has finished is kept, and CancelledError raised.
    """
    broken = ""
    for number, fill in enumerate(fills, 1):
        if broken:
            audit = _with_refusal(audit, fill.points, broken)
            audits.save(audit)
            continue
        on_event(StepStarted(number, len(fills), fill.points, fill.command))
        try:
            if fill.kind == SWEEP:
                refusal = await _sweep(audit, fill, store, audits, on_event, watcher, repeats, child)
                broken = refusal if audit.subject in fill.workloads else ""
            else:
                refusal = await _watch(audit, audits, watcher, child)
        except (UsageError, LabError) as error:
            refusal = str(error)
        if fill.workloads != PORTS:
            audit = _with_refusal(audit, fill.points, refusal)
            audits.save(audit)
        on_event(StepEnded(fill.points, refusal))
    return audit


def _with_refusal(audit: Audit, points: Iterable[int], refusal: str) -> Audit:
    kept = {number: why for number, why in audit.refusals.items() if number not in points}
    return replace(audit, refusals=kept | (dict.fromkeys(points, refusal) if refusal else {}))


async def _sweep(
    audit: Audit,
    fill: Fill,
    store: RunStore,
    audits: AuditStore,
    on_event: OnEvent,
    watcher: WatcherLike | None,
    repeats: int,
    child: ChildRunner,
) -> str:
    """Run the sweep; why nothing was measured, else empty."""
    plan = await asyncio.to_thread(_plan, audit, fill, repeats)
    ended: list[Run] = []

    def hear(event: LabEvent) -> None:
        if isinstance(event, RunEnded):
            ended.append(event.run)
        on_event(event)

    try:
        await conduct(plan, hear, store, watcher, child=child)
    finally:
        audits.include(audit, runs=[run.id for run in ended if run.id is not None])
    if any(run.results for run in ended):
        return ""
    return next((run.failure["message"] for run in ended if run.failure), "no trial came to its end")


def _plan(audit: Audit, fill: Fill, repeats: int) -> Plan:
    interpreters = [resolve_interpreter(text) for text in fill.interpreters]
    workloads = [
        name
        for name in fill.workloads
        if name == audit.subject or all(workload_availability(name, one).ok for one in interpreters)
    ]
    return plan_sweep(
        workloads, fill.executors, fill.workers, interpreters, repeats=repeats, directory=audit.directory
    )


async def _watch(audit: Audit, audits: AuditStore, watcher: WatcherLike | None, child: ChildRunner) -> str:
    """Watch the process, or a run of the function; why functions could not be named, else empty."""
    if watcher is None or watcher.failure:
        raise LabError(watcher.failure if watcher else "nothing can be watched here")
    if audit.kind == PROCESS:
        seen = await watch_process(audit, watcher)
    else:
        workers = worker_counts(effective_cpus().count)[-1]
        plan = await asyncio.to_thread(
            plan_sweep,
            [audit.subject],
            ["threads"],
            [workers],
            [resolve_interpreter(audit.interpreter)],
            directory=audit.directory,
        )
        seen = await watch_function(plan, watcher, child)
    kept = audits.keep_watch(seen.document, audit.subject)
    audits.include(audit, watches=[kept])
    return seen.complaint
