"""`gil-tui show`: one run with its trials and evidence, a whole sweep, or a kept watch."""

import argparse
from typing import TYPE_CHECKING

from gil_tui.commands.cores import add_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gil_tui.commands import Subparsers
    from gil_tui.history import History
    from gil_tui.lab.records import Run, Sweep


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "show",
        description="Print one run of the history: its spec, trials, verdict and evidence; or a whole sweep; "
        "or a watch.",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        help="number of a run (see `gil-tui history`), the beginning of a sweep's, or a watch as watch:3",
    )
    parser.add_argument("--output", action="store_true", help="also what the program printed in each trial")
    add_cores(parser)
    add = parser.add_argument
    add("--json", action="store_true", help="as one JSON document, see `gil-tui schema run` (or watch)")


def run(args: argparse.Namespace) -> int:
    """Print the run, the sweep or the watch."""
    from gil_tui.commands.cores import document_of
    from gil_tui.commands.output import print_json, print_lines
    from gil_tui.commands.store import found, reading
    from gil_tui.history.calling import watch_called

    with reading() as history:
        watch = watch_called(args.id)
        if watch is not None:
            return _show_watch(history, watch, args)
        shown = found(history, args.id)
        runs = shown if isinstance(shown, list) else history.sweep(shown.sweep_id)
        sweep = _sweep_of(history, runs)
    if args.json:
        print_json(document_of(sweep, args.cores, sweep.runs if isinstance(shown, list) else (shown,)))
        return 0
    print_lines(_lines(shown, sweep, args))
    return 0


def _show_watch(history: "History", number: int, args: argparse.Namespace) -> int:
    """Print a watch as `gil-tui watch` printed it."""
    from gil_tui.commands.output import print_json, print_lines
    from gil_tui.commands.watch_text import watch_lines
    from gil_tui.commands.watching import Seen
    from gil_tui.history.watches import kept_watch
    from gil_tui.lab.documents import watched_observation

    watch = kept_watch(history, number)
    document = watch.document
    if args.json:
        print_json(dict(document))
        return 0
    seen = Seen(document["pid"], document["command"], watched_observation(document), watch.seen.verdict)
    print_lines(watch_lines(seen))
    return 0


def _lines(shown: "Run | list[Run]", sweep: "Sweep", args: argparse.Namespace) -> "list[str]":
    from gil_tui.report.recommendation import elsewhere_lines
    from gil_tui.report.run import output_lines, run_lines
    from gil_tui.report.sweep import sweep_lines

    runs: Sequence[Run]
    if isinstance(shown, list):
        runs, lines = sweep.runs, sweep_lines(sweep, args.cores)
    else:
        several = len(sweep.runs) > 1
        runs, lines = [shown], run_lines(shown, sweep.runs, sweep.verdict if several else None, sweep.fits)
        lines += ["", *elsewhere_lines(sweep, args.cores)] if args.cores is not None else []
    printed = [line for run in runs for line in output_lines(run)] if args.output else []
    return [*lines, *([""] if args.output else []), *printed]


def _sweep_of(history: "History", runs: "list[Run]") -> "Sweep":
    """The sweep as it was judged at its end; judged anew where it never came to that.

    Its runs stand by executor and workers: the history has them in the order of their first trials.
    """
    from dataclasses import replace

    from gil_tui.lab.judge import judged_sweep

    first = runs[0]
    sweep = history.judged_sweep(first.sweep_id) or judged_sweep(first.sweep_id, first.host, runs)
    return replace(sweep, runs=tuple(sorted(sweep.runs, key=_place)))


def _place(run: "Run") -> tuple[bool, str, int]:
    experiment = run.experiment
    return experiment.executor != "sequential", experiment.label.rsplit(" x", 1)[0], experiment.workers
