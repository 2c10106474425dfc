"""`gil-tui compare`: two runs, or two sweeps, held against each other."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers

WHAT = "a run's number (41 or #41), or the id of a sweep, as `gil-tui show` prints it, or its beginning"


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "compare",
        description="Say how many times faster B is than A, with its interval, and whether that is more than "
        "the noise: of two runs, or of each experiment that two sweeps have in common.",
    )
    parser.add_argument("a", metavar="A", help=WHAT)
    parser.add_argument("b", metavar="B", help="what is held against it: a run, or a sweep, as A is")
    parser.add_argument(
        "--json", action="store_true", help="as one JSON document, see `gil-tui schema compare`"
    )


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    from gil_tui.commands.output import print_json, print_lines
    from gil_tui.commands.store import found, reading
    from gil_tui.lab.comparing import compared_runs, compared_sweeps
    from gil_tui.lab.errors import UsageError
    from gil_tui.report.comparison import run_document, run_lines, sweep_document, sweep_lines

    with reading() as history:
        a, b = (found(history, text) for text in (args.a, args.b))
        if isinstance(a, list) and isinstance(b, list):
            sweeps = compared_sweeps(a, b)
            document, lines = sweep_document(sweeps), sweep_lines(sweeps)
        elif isinstance(a, list) or isinstance(b, list):
            raise UsageError(f"{args.a} and {args.b}: a run is compared with a run, a sweep with a sweep")
        else:
            beside = history.sweep(a.sweep_id), history.sweep(b.sweep_id)
            runs = compared_runs(a, b, *beside)
            document, lines = run_document(runs), run_lines(runs)
    if args.json:
        print_json(document)
        return 0
    print_lines(lines)
    return 0
