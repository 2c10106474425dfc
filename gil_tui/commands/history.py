"""`gil-tui history`: the runs that were made."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.history import HistoryRow

SCHEMA = "gil-tui/history/1"
DEFAULT_LIMIT = 20


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "history", description="List the runs that were made, the newest first; `gil-tui show ID` prints one."
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
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the newest runs that match."""
    from gil_tui.commands.output import print_json
    from gil_tui.commands.store import reading

    words = " ".join(args.filter)
    with reading() as history:
        total = history.count(words)
        rows = history.rows(words, limit=args.limit if args.limit > 0 else -1)
        sweeps = history.judgements(row.sweep_id for row in rows) if args.json else {}
    if args.json:
        runs = [row.to_json() for row in rows]
        print_json({"schema": SCHEMA, "total": total, "runs": runs, "sweeps": sweeps})
        return 0
    for line in lines_of(rows):
        print(line)
    if total > len(rows):
        print(f"{total - len(rows)} older ones: --limit 0 shows all {total}")
    if not rows:
        print("no run matches" if words else "no run yet; `gil-tui run countdown` makes the first")
    return 0


def lines_of(rows: list["HistoryRow"]) -> list[str]:
    """The rows as an aligned table with a heading; empty when there are none."""
    from gil_tui.commands.output import table
    from gil_tui.history.rows import local_time
    from gil_tui.text import clean, factor, seconds

    heading = (
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

    def cells(row: "HistoryRow") -> tuple[Any, ...]:
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

    return table([heading, *map(cells, rows)], right=(0, 4, 6, 7, 8)) if rows else []
