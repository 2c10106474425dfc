"""`gil-tui doctor`: what this host can and cannot do, and what would help."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers

SCHEMA = "gil-tui/doctor/1"


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "doctor",
        description="Say what this host can and cannot do: ok, warn (it works with a limit) or missing, with "
        "what would help. Ends with 0 whatever it finds.",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print every check."""
    from gil_tui import __version__
    from gil_tui.commands.checks import all_checks
    from gil_tui.commands.output import print_json, print_lines

    checks = all_checks()
    if args.json:
        print_json(
            {"schema": SCHEMA, "version": __version__, "checks": [check.to_json() for check in checks]}
        )
        return 0
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.state:<7}  {check.name:<{width}}  {check.finding}")
        if check.remedy:
            lines.append(f"{'':<7}  {'':<{width}}  {check.remedy}")
    print_lines(lines)
    return 0
