"""`gil-tui list`: what there is to choose from."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.lab.availability import Availability
    from gil_tui.lab.interpreters import Interpreter

Rows = list[dict[str, Any]]

SCHEMA = "gil-tui/list/1"
COMMAND_WIDTH = 100
PLUGGABLE = ("workloads", "executors")
KINDS = ("workloads", "executors", "interpreters", "processes")


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser("list", description="List what there is to choose from.")
    parser.add_argument("kind", choices=KINDS, help="what to list")
    parser.add_argument(
        "--on",
        metavar="INTERPRETER",
        help="whether workloads and executors can be had on this one (default: the active environment's)",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from gil_tui.commands.output import print_json, print_lines, table
    from gil_tui.text import clean

    makers: dict[str, Callable[[], Rows]] = {
        "workloads": lambda: workloads(_interpreter(args.on)),
        "executors": lambda: executors(_interpreter(args.on)),
        "interpreters": interpreters,
        "processes": processes,
    }
    rows = makers[args.kind]()
    broken = _broken(args.kind)
    if args.json:
        document = {"schema": SCHEMA, args.kind: rows}
        print_json(document | ({"broken": broken} if args.kind in PLUGGABLE else {}))
        return 0
    cells_of = {"processes": _process_cells, **dict.fromkeys(PLUGGABLE, _cells_here)}.get(args.kind, dict)
    shown = [cells_of(row) for row in rows]
    cells = [tuple(clean(_cell(value)) for value in row.values()) for row in shown]
    lines = table([tuple(shown[0]), *cells]) if shown else []
    lines += _remedies(rows)
    lines += [f"{one['name']} of {one['package']} cannot be used: {one['why']}" for one in broken]
    print_lines(lines)
    return 0


def workloads(interpreter: "Interpreter") -> Rows:
    """The workloads, their knobs for `run --set`, what each shows, and whether `interpreter` can run it."""
    from gil_tui.lab.availability import workload_availability
    from gil_tui.lab.plugins import workload_catalogue

    return [
        {
            "name": workload.name,
            "family": workload.family,
            "size": workload.size_unit,
            "knobs": [asdict(knob) for knob in workload.knobs],
            **_here(workload_availability(workload.name, interpreter)),
            "shows": workload.shows,
        }
        for workload in workload_catalogue()
    ]


def executors(interpreter: "Interpreter") -> Rows:
    """The executors, and whether `interpreter` can run each; a start method goes behind a colon."""
    from gil_tui.lab.availability import executor_availability
    from gil_tui.lab.plugins import executor_catalogue

    return [
        {
            "name": name,
            "start_methods": list(entry.start_methods),
            **_here(executor_availability(name, interpreter)),
            "means": entry.means,
        }
        for name, entry in executor_catalogue().items()
    ]


def _interpreter(text: str | None) -> "Interpreter":
    from gil_tui.lab.interpreters import default_interpreter, resolve_interpreter

    return default_interpreter() if text is None else resolve_interpreter(text)


def _here(availability: "Availability") -> dict[str, Any]:
    return {"available": availability.ok, "why": availability.why, "remedy": availability.remedy}


def _cells_here(row: dict[str, Any]) -> dict[str, Any]:
    """A workload or executor as its line in the table: `here` is `yes` or what is missing."""
    cells = {key: value for key, value in row.items() if key not in ("available", "why", "remedy")}
    return {"name": cells.pop("name"), "here": row["why"] or "yes"} | cells


def _remedies(rows: Rows) -> list[str]:
    """What brings that which cannot be had, one command a line, however many wait for it."""
    waiting: dict[str, list[str]] = {}
    for row in rows:
        if row.get("remedy"):
            waiting.setdefault(row["remedy"], []).append(row["name"])
    return [f"for {', '.join(names)}: {remedy}" for remedy, names in waiting.items()]


def _broken(kind: str) -> Rows:
    """The plugins of that kind that cannot be used, and why."""
    if kind not in PLUGGABLE:
        return []
    from gil_tui.lab.plugins import broken_plugins

    wanted = [plugin for plugin in broken_plugins() if plugin.group == f"gil_tui.{kind}"]
    return [{"name": one.name, "package": one.package, "why": one.why} for one in wanted]


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
