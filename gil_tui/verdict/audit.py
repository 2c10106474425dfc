"""The nine points of an audit from its runs and watches, and the verdict on its subject; pure functions."""

from collections.abc import Callable

from gil_tui.verdict import audit_points as by_runs
from gil_tui.verdict import audit_watched as by_watches
from gil_tui.verdict.audit_fill import audit_command, fill_of, ports_fill
from gil_tui.verdict.audit_model import (
    DONE,
    NOT_POSSIBLE,
    NOT_YET,
    PROCESS,
    QUESTIONS,
    Audit,
    Checklist,
    Fill,
    Material,
    Point,
    WatchSeen,
)
from gil_tui.verdict.audit_words import Answer
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.port import FAMILY
from gil_tui.verdict.sweep import diagnose_sweep

DRAWS = 200
ByMaterial = Callable[[Audit, Material], Answer | None]

OF_A_FUNCTION: dict[int, ByMaterial] = {
    1: by_runs.cpu_or_io,
    2: by_watches.costliest_function,
    3: by_runs.gil_waits,
    4: by_runs.spreads,
    5: by_runs.native,
    6: by_runs.cost_of_workers,
    7: by_runs.locks,
    8: by_runs.other_pythons,
    9: by_watches.host,
}
OF_A_PROCESS: dict[int, Callable[[WatchSeen], Answer | None]] = {
    1: by_watches.computes_or_waits,
    3: by_watches.gil_of_process,
    5: by_watches.native_of_process,
    6: by_watches.memory_of_process,
    7: by_watches.locks_of_process,
}
WATCHED = {3: ("threads",), 5: ("sequential",), 7: ("threads",), 9: ("sequential", "threads")}
"""Points that take a run that was watched, and the executors of such a run."""
NEEDS_A_FUNCTION = "a process cannot be run again in another way: audit the function that does its work"
NO_OTHER_PYTHON = (
    "no free-threaded Python and no PyPy on this host: `uv python install 3.13t pypy3.11` brings them"
)


def checklist(audit: Audit, material: Material) -> Checklist:
    """The nine points as they stand, and the verdict on the subject."""
    points = tuple(point_of(number, audit, material) for number in QUESTIONS)
    return Checklist(audit, points, verdict_of(audit, material))


def point_of(number: int, audit: Audit, material: Material) -> Point:
    """One point: measured, or what would measure it, or why that cannot be had."""
    found = _answer(number, audit, material)
    fill = fill_of(number, audit, material)
    if found:
        return Point(
            number,
            DONE,
            found.answer,
            found.figure,
            found.evidence,
            found.runs,
            found.watches,
            found.reproduce or audit_command(audit, number),
            fill=fill,
        )
    refused = audit.refusals.get(number, "") or _unwatched(number, audit, material)
    if refused or fill is None:
        why = refused or (NEEDS_A_FUNCTION if audit.kind == PROCESS else NO_OTHER_PYTHON)
        return Point(number, NOT_POSSIBLE, why=why, reproduce=fill.command if fill else "", fill=fill)
    return Point(number, NOT_YET, reproduce=fill.command, fill=fill)


def fills_of(point: Point, audit: Audit, material: Material) -> tuple[Fill, ...]:
    """All that measures a point: of native code besides what a port buys on this host, once."""
    if point.fill is None:
        return ()
    ported = any(run.facts.family == FAMILY for run in material.runs)
    ports = (
        (ports_fill(audit, material),) if point.number == 5 and audit.kind != PROCESS and not ported else ()
    )
    return (point.fill, *ports)


def verdict_of(audit: Audit, material: Material) -> Verdict | None:
    """That on the sweep with the most executors, of several on the newest; else on the newest watch."""
    runs = by_runs.own_runs(audit, material)
    if runs:
        sweeps = dict.fromkeys(run.sweep_id for run in runs)
        facts = {one: [run.facts for run in reversed(runs) if run.sweep_id == one] for one in sweeps}
        widest = max(facts.values(), key=lambda found: len({run.executor for run in found}))
        return diagnose_sweep(widest, DRAWS)[0]
    return material.watches[0].verdict if material.watches else None


def _unwatched(number: int, audit: Audit, material: Material) -> str:
    """Why a run that was made for this point was not watched, as on a Python whose GIL cannot be read."""
    if audit.kind == PROCESS or number not in WATCHED:
        return ""
    wanted = WATCHED[number]
    runs = [run for run in by_runs.own_runs(audit, material) if run.facts.executor in wanted]
    runs = [run for run in runs if run.facts.workers > 1 or run.facts.is_baseline]
    return runs[0].facts.watch_why if runs else ""


def _answer(number: int, audit: Audit, material: Material) -> Answer | None:
    if audit.kind != PROCESS or number in (2, 9):
        return OF_A_FUNCTION[number](audit, material)
    if number not in OF_A_PROCESS or not material.watches:
        return None
    return OF_A_PROCESS[number](material.watches[0])
