"""`gil-tui history`: the runs that were made and the watches that were kept; both can be deleted."""

import argparse
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gil_tui.commands import Subparsers
    from gil_tui.history import History, HistoryRow
    from gil_tui.history.audits import WatchRow

SCHEMA = "gil-tui/history/1"
DEFAULT_LIMIT = 20
SUBJECT_WIDTH = 80
LONG = 1000
"""Rows beyond which a list is printed as it is read."""
HEADING = (
    "id",
    "when",
    "workload",
    "executor",
    "workers",
    "python",
    "time",
    "speed-up",
    "trials",
    "result",
)
RIGHT = (0, 4, 6, 7, 8)
MOST_DIGITS = 19
"""No number of the history has so many."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "history",
        description="List the runs that were made, or the watches that were kept, the newest first; "
        "`gil-tui show ID` prints one.",
    )
    parser.add_argument(
        "filter",
        nargs="*",
        metavar="FILTER",
        help="only lines with all these words: of workload, executor, python, verdict, status, date",
    )
    parser.add_argument(
        "--limit",
        type=int,
        default=DEFAULT_LIMIT,
        metavar="N",
        help="at most this many, 0 for all (default 20)",
    )
    parser.add_argument("--watches", action="store_true", help="the watches that were kept instead")
    parser.add_argument(
        "--delete",
        action="store_true",
        help="forget the runs (41) and watches (watch:3) that are named in place of words",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the newest runs or watches that match, or delete those that are named."""
    from gil_tui.commands.store import reading
    from gil_tui.history import History

    if args.delete:
        with History.open() as history:
            return _delete(history, args.filter, args.json)
    words, limit = " ".join(args.filter), args.limit if args.limit > 0 else -1
    with reading() as history:
        return (_list_watches if args.watches else _list_runs)(history, words, limit, args.json)


def _list_runs(history: "History", words: str, limit: int, as_json: bool) -> int:
    from gil_tui.commands.output import print_json

    total = history.count(words)
    if total > LONG and not 0 <= limit <= LONG:
        return (_print_long_json if as_json else _print_long)(history, words, limit, total)
    rows = history.rows(words, limit=limit)
    if as_json:
        runs, sweeps = [row.to_json() for row in rows], history.judgements(row.sweep_id for row in rows)
        print_json({"schema": SCHEMA, "total": total, "runs": runs, "sweeps": sweeps})
        return 0
    none = "no run matches" if words else "no run yet; `gil-tui run countdown` makes the first"
    return _print(lines_of(rows) or [none], total - len(rows), total)


def _print_long_json(history: "History", words: str, limit: int, total: int) -> int:
    """The document, with runs and sweeps as they are read."""
    from gil_tui.commands.output import print_long_json

    sweeps = dict[str, None]()

    def runs() -> "Iterator[dict[str, Any]]":
        for row in history.each(words, limit):
            sweeps[row.sweep_id] = None
            yield row.to_json()

    def judged() -> "Iterator[tuple[str, Any]]":
        for sweep_id in sweeps:
            yield from history.judgements([sweep_id]).items()

    print_long_json({"schema": SCHEMA, "total": total}, ("runs", runs()), ("sweeps", judged()))
    return 0


def _print_long(history: "History", words: str, limit: int, total: int) -> int:
    """The table in parts, each as wide as those before it at least."""
    from gil_tui.commands.output import print_lines, table

    shown, widest = 0, HEADING
    rows = history.each(words, limit)
    while cells := [cells_of(row) for row in islice(rows, LONG)]:
        lines = table([widest, *cells], right=RIGHT)
        print_lines(lines[bool(shown) :])
        widest = tuple(max(column, key=len) for column in zip(widest, *cells, strict=True))
        shown += len(cells)
    return _print([], total - shown, total)


def _list_watches(history: "History", words: str, limit: int, as_json: bool) -> int:
    from gil_tui.commands.output import print_json
    from gil_tui.history.watches import watch_rows

    every = watch_rows(history, words)
    rows = every[:limit] if limit >= 0 else every
    if as_json:
        print_json({"schema": SCHEMA, "total": len(every), "watches": [row.to_json() for row in rows]})
        return 0
    none = "no watch matches" if words else "no watch kept yet; `gil-tui watch PID --save` keeps one"
    return _print(watch_lines_of(rows) or [none], len(every) - len(rows), len(every))


def _print(lines: list[str], left_out: int, total: int) -> int:
    from gil_tui.commands.output import print_lines

    more = [f"{left_out} older ones: --limit 0 shows all {total}"] if left_out else []
    print_lines([*lines, *more])
    return 0


def _delete(history: "History", names: "Sequence[str]", as_json: bool) -> int:
    """Delete what is named by its number; nothing where a name is not known."""
    from gil_tui.commands.output import print_json, print_lines
    from gil_tui.history import NoSuchRunError
    from gil_tui.history.audits import Audits
    from gil_tui.history.calling import watch_called
    from gil_tui.history.watches import kept_watch
    from gil_tui.lab.errors import LabError, UsageError
    from gil_tui.verdict.words import some

    runs, watches = dict[int, None](), dict[int, None]()
    for name in names:
        watch, digits = watch_called(name), name.removeprefix("#")
        if watch is not None:
            watches[kept_watch(history, watch).id] = None
        elif digits.isascii() and digits.isdecimal() and len(digits) < MOST_DIGITS:
            runs[int(digits)] = None
        else:
            raise UsageError(f"{name} is neither the number of a run (41) nor a watch (watch:3)")
    if not names:
        raise UsageError("name what to delete: runs by their numbers (41), watches as watch:3")
    unknown = history.lacks(runs)
    if unknown is not None:
        raise NoSuchRunError(unknown)
    gone = history.delete(runs) if runs else 0
    forgotten = Audits(history).delete_watches(watches) if watches else 0
    if as_json:
        print_json({"schema": SCHEMA, "deleted": {"runs": gone, "watches": forgotten}})
    else:
        told = ([some(gone, "run")] if runs else []) + (
            [some(forgotten, "watch", "watches")] if watches else []
        )
        print_lines([f"deleted {' and '.join(told)}"])
    if gone < len(runs):
        raise LabError("a run that is under way stays: end it first")
    return 0


def watch_lines_of(rows: "Sequence[WatchRow]") -> list[str]:
    """The watches as an aligned table with a heading; empty when there are none."""
    from gil_tui.commands.output import table
    from gil_tui.history.rows import local_time
    from gil_tui.text import clean, fit, seconds

    cells = [
        (
            f"watch:{row.id}",
            local_time(row.created_at),
            seconds(row.seconds),
            row.verdict or "–",
            fit(clean(row.subject), SUBJECT_WIDTH),
        )
        for row in rows
    ]
    return table([("id", "when", "time", "result", "subject"), *cells], right=(2,)) if rows else []


def lines_of(rows: list["HistoryRow"]) -> list[str]:
    """The rows as an aligned table with a heading; empty when there are none."""
    from gil_tui.commands.output import table

    return table([HEADING, *map(cells_of, rows)], right=RIGHT) if rows else []


def cells_of(row: "HistoryRow") -> tuple[str, ...]:
    """What stands below `HEADING`."""
    from gil_tui.history.rows import local_time
    from gil_tui.text import clean, factor, seconds

    return (
        str(row.id),
        local_time(row.created_at),
        clean(row.workload),
        row.executor,
        str(row.workers),
        clean(row.python),
        seconds(row.wall_s) if row.wall_s is not None else "–",
        factor(row.speedup),
        str(row.trials),
        row.verdict if row.verdict and row.status == "done" else row.status,
    )
