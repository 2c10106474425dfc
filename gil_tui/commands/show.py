"""`gil-tui show`: one run with its trials and evidence."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "show", description="Print one run of the history: its spec, trials, verdict and evidence."
    )
    parser.add_argument("id", type=int, metavar="ID", help="number of the run, as `gil-tui history` lists it")
    parser.add_argument("--output", action="store_true", help="also what the program printed in each trial")
    parser.add_argument("--json", action="store_true", help="as one JSON document, see `gil-tui schema run`")


def run(args: argparse.Namespace) -> int:
    """Print the run."""
    from dataclasses import replace

    from gil_tui.commands.output import print_json
    from gil_tui.commands.store import reading
    from gil_tui.lab.records import Sweep
    from gil_tui.report.run import output_lines, run_lines

    with reading() as history:
        shown = history.run(args.id)
        sweep = history.judged_sweep(shown.sweep_id)
        alike = sweep.runs if sweep else tuple(history.sweep(shown.sweep_id))
    if args.json:
        alone = Sweep(shown.sweep_id, shown.host, (shown,))
        print_json((replace(sweep, runs=(shown,)) if sweep else alone).to_json())
        return 0
    several = len(alike) > 1
    for line in run_lines(shown, alike, sweep.verdict if sweep and several else None):
        print(line)
    for line in ["", *output_lines(shown)] if args.output else ():
        print(line)
    return 0
