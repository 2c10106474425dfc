"""`gil-tui list`: what there is to choose from."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers

Rows = list[dict[str, Any]]

SCHEMA = "gil-tui/list/1"
COMMAND_WIDTH = 100
KINDS = ("workloads", "executors", "interpreters", "processes")
EXECUTORS = {
    "sequential": "one task after another: the baseline of every sweep",
    "threads": "a pool of threads; pure Python takes turns at the GIL",
    "processes": "a pool of processes; each has its own GIL, tasks and results are pickled",
    "asyncio": "one thread and an event loop; what awaits does so at once, everything else blocks it",
}


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser("list", description="List what there is to choose from.")
    parser.add_argument("kind", choices=KINDS, help="what to list")
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from gil_tui.commands.output import print_json, table
    from gil_tui.text import clean

    makers: dict[str, Callable[[], Rows]] = {
        "workloads": workloads,
        "executors": executors,
        "interpreters": interpreters,
        "processes": processes,
    }
    rows = makers[args.kind]()
    if args.json:
        print_json({"schema": SCHEMA, args.kind: rows})
        return 0
    if args.kind == "processes":
        rows = [_process_cells(row) for row in rows]
    cells = [tuple(clean(_cell(value)) for value in row.values()) for row in rows]
    for line in table([tuple(rows[0]), *cells]) if rows else ():
        print(line)
    return 0


def workloads() -> Rows:
    """The built-in workloads, their knobs for `run --set`, and what each shows."""
    from gil_tui.bench.workloads import catalogue

    return [
        {
            "name": workload.name,
            "family": workload.family,
            "size": workload.size_unit,
            "knobs": [asdict(knob) for knob in workload.knobs],
            "shows": workload.shows,
        }
        for workload in catalogue()
    ]


def executors() -> Rows:
    """The executors; a start method goes behind a colon, as in `processes:spawn`."""
    from gil_tui.bench.spec import EXECUTORS as KNOWN
    from gil_tui.bench.spec import START_METHODS

    return [
        {
            "name": name,
            "start_methods": list(START_METHODS) if name == "processes" else [],
            "means": EXECUTORS.get(name, ""),
        }
        for name in KNOWN
    ]


def interpreters() -> Rows:
    """The interpreters that were found; `label` is what `run -i` takes."""
    from gil_tui.lab.interpreters import find_interpreters

    return [
        {
            "label": found.label,
            "implementation": found.implementation,
            "version": found.version,
            "free_threaded": found.free_threaded,
            "source": found.source,
            "path": found.path,
        }
        for found in find_interpreters()
    ]


def processes() -> Rows:
    """The Python processes of this host that can be seen; `why` says why one may not be watched."""
    from gil_tui.watch.processes import python_processes

    return [asdict(process) for process in python_processes()]


def _process_cells(process: dict[str, Any]) -> dict[str, str]:
    """A process as its line in the table: the reason why it cannot be watched stands before its command."""
    from gil_tui.commands.output import size
    from gil_tui.text import fit, percent, seconds

    why = f"({process['why']}) " if not process["watchable"] else ""
    return {
        "pid": str(process["pid"]),
        "user": process["user"],
        "python": process["python"] or "?",
        "cpu": percent(process["cpu_share"]),
        "threads": str(process["threads"]),
        "age": seconds(process["age_s"]),
        "memory": size(process["rss_bytes"]),
        "command": fit(why + process["command"], COMMAND_WIDTH),
    }


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case {"name": name, "default": default}:
            return f"{name}={default}"
        case list():
            return " ".join(map(_cell, value))
    return str(value)
