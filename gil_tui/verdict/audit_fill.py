"""Which sweep or watch would fill a point of an audit, and the command that does the same by hand."""

import shlex
from collections.abc import Iterable
from dataclasses import replace

from gil_tui.verdict.audit_model import PROCESS, Audit, Fill, Material

SWEEP, WATCH = "sweep", "watch"
ALONE = ("sequential",)
SEVERAL = ("threads",)
SPREADS = ("threads", "processes")
PORTS = ("loop_python", "loop_numpy", "loop_c_held", "loop_c_released")
"""The same loop written in several ways: what a port buys on this host, whatever the subject is."""
BY_SWEEP: dict[int, tuple[str, ...]] = {
    1: ALONE,
    3: SEVERAL,
    5: ALONE,
    6: ("processes",),
    7: SEVERAL,
    9: ALONE,
}
"""The executors that answer a point; those of point 4 are the material's."""


def fill_of(number: int, audit: Audit, material: Material) -> Fill | None:
    """What would fill this point; None where nothing here can."""
    workers = worker_counts(material.cpus)
    if audit.kind == PROCESS:
        return _watch(audit, number) if number in (1, 2, 3, 5, 7, 9) else None
    if number == 2:
        return _watch(audit, number)
    if number == 8:
        labels = tuple(other.label for other in material.others)
        return _sweep(audit, 8, ("threads",), workers[-1:], labels) if labels else None
    executors = material.executors if number == 4 else BY_SWEEP[number]
    return _sweep(audit, number, executors, workers if number in (4, 6) else workers[-1:])


def ports_fill(audit: Audit, material: Material, ports: tuple[str, ...] = PORTS) -> Fill:
    """The ports of one loop, on one core and on several."""
    workers = worker_counts(material.cpus)[-1:]
    interpreters = (audit.interpreter,) if audit.interpreter else ()
    command = run_command(ports, SEVERAL, workers, interpreters)
    return Fill((5,), SWEEP, command, ports, SEVERAL, workers, interpreters)


def worker_counts(cpus: float) -> tuple[int, ...]:
    """One, two, and as many as there are CPUs, up to eight."""
    return tuple(sorted({1, 2, min(8, max(2, round(cpus)))}))


def merged(fills: Iterable[Fill]) -> tuple[Fill, ...]:
    """The same with as few sweeps and watches as possible: those of the same work become one."""
    found: dict[tuple[object, ...], Fill] = {}
    for fill in fills:
        key = (fill.kind, fill.workloads, fill.interpreters)
        if key not in found:
            found[key] = fill
            continue
        before = found[key]
        both = replace(
            before,
            points=tuple(sorted({*before.points, *fill.points})),
            executors=_executors((*before.executors, *fill.executors)),
            workers=tuple(sorted({*before.workers, *fill.workers})),
        )
        found[key] = replace(both, command=_command_of(both))
    return tuple(found.values())


def run_command(
    workloads: tuple[str, ...],
    executors: tuple[str, ...],
    workers: tuple[int, ...],
    interpreters: tuple[str, ...] = (),
) -> str:
    """The command line of a sweep."""
    words = ["gil-tui", "run", *workloads, "-e", ",".join(executors)]
    words += ["-w", ",".join(map(str, workers))] if executors != ALONE else []
    words += ["-i", ",".join(interpreters)] if interpreters else []
    return shlex.join(words)


def audit_command(audit: Audit, number: int) -> str:
    """The command line that measures one point of an audit; a process is watched as a whole."""
    if audit.kind == PROCESS:
        return f"gil-tui watch {audit.pid} --seconds 10 --save"
    return shlex.join(["gil-tui", "audit", audit.subject, "--points", str(number), "--again"])


def _sweep(
    audit: Audit,
    number: int,
    executors: tuple[str, ...],
    workers: tuple[int, ...],
    others: tuple[str, ...] = (),
) -> Fill:
    interpreters = (*((audit.interpreter,) if audit.interpreter else ()), *others)
    command = run_command((audit.subject,), executors, workers, interpreters)
    return Fill((number,), SWEEP, command, (audit.subject,), executors, workers, interpreters)


def _watch(audit: Audit, number: int) -> Fill:
    return Fill((number,), WATCH, audit_command(audit, number))


def _executors(names: tuple[str, ...]) -> tuple[str, ...]:
    several = tuple(dict.fromkeys(name for name in names if name not in ALONE))
    return several or ALONE


def _command_of(fill: Fill) -> str:
    if fill.kind == WATCH:
        return fill.command
    return run_command(fill.workloads, fill.executors, fill.workers, fill.interpreters)
