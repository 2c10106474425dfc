"""The option `--cores`: the bound for another machine beside what was measured on this one."""

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gil_tui.lab.records import Run, Sweep

MOST_CORES = 1024
HELP = "also say how each executor could scale on a machine with N cores, foretold from one worker"


def add_cores(parser: argparse.ArgumentParser, help: str = HELP) -> None:
    """What is taken."""
    parser.add_argument("--cores", type=cores, metavar="N", help=help)


def cores(text: str) -> float:
    """A number of cores, a fraction for a quota."""
    try:
        count = float(text)
    except ValueError:
        count = math.nan
    if not 0 < count <= MOST_CORES:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of cores from above 0 to {MOST_CORES}")
    return count


def document_of(sweep: "Sweep", cores: float | None, runs: "Sequence[Run]") -> dict[str, Any]:
    """The document of `run --json` with these runs of the sweep."""
    from dataclasses import replace

    from gil_tui.report.recommendation import elsewhere_document

    document = replace(sweep, runs=tuple(runs)).to_json()
    document["sweep"]["elsewhere"] = None if cores is None else elsewhere_document(sweep, cores)
    return document
