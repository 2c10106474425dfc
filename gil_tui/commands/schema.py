"""`gil-tui schema`: the JSON Schema of what --json prints, and of the raw data of a report."""

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    from gil_tui.schemas import NAMES

    parser = subparsers.add_parser(
        "schema",
        description="Print the JSON Schema (draft 2020-12) of what a command prints with --json; `report` is "
        "that of report.json.",
    )
    parser.add_argument("name", choices=NAMES, help="whose output")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from gil_tui.schemas import text_of

    sys.stdout.write(text_of(args.name))
    return 0
