"""`gil-tui selftest`: was the instrument right here, today, with this interpreter?"""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.lab.interpreters import Interpreter
    from gil_tui.lab.selftest import Extent, Selftest

SIGNALLED = 128

DESCRIPTION = """Run loads of known behaviour and a small sweep on this host, watch them as anything else is
watched, and print how far the GIL gauge, the thread lanes, the speed-ups and the bottleneck bound were from
the truth. Takes about a minute; nothing is kept in the history."""
EPILOG = """Ends with 0 when every check that is possible here has passed, with 1 when one has failed or other
work disturbed it, 2 for wrong usage, 130 after Ctrl-C, which prints nothing."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser("selftest", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add(
        "-i",
        "--interpreter",
        metavar="A",
        help="a version, command or path, as in 3.13t (default: the active environment's)",
    )
    add("--quick", action="store_true", help="fewer loads, shorter: about 20 s")
    add("--json", action="store_true", help="print one JSON document, see `gil-tui schema selftest`")


def run(args: argparse.Namespace) -> int:
    """Run the self-test and print it."""
    from gil_tui.commands.output import print_json, print_lines
    from gil_tui.lab.event_loop import run_loop
    from gil_tui.lab.interpreters import default_interpreter, resolve_interpreter
    from gil_tui.lab.selftest import FULL, QUICK
    from gil_tui.report.selftest import selftest_lines

    interpreter = resolve_interpreter(args.interpreter) if args.interpreter else default_interpreter()
    measured = QUICK if args.quick else FULL
    found, signalled = run_loop(lambda: _until_signalled(interpreter, measured))
    if found is None:
        print("gil-tui: the self-test was interrupted: nothing was shown by it", file=sys.stderr)
        return SIGNALLED + signalled
    if args.json:
        print_json(found.to_json())
    else:
        print_lines(selftest_lines(found))
    return 0 if found.passed else 1


async def _until_signalled(interpreter: "Interpreter", extent: "Extent") -> "tuple[Selftest | None, int]":
    """The self-test, or None with the signal that ended it."""
    from gil_tui.commands.conducting import ended_by_signals
    from gil_tui.commands.progress import ProgressLine
    from gil_tui.lab.selftest import run_selftest

    progress, heard = ProgressLine(), [0]

    def hear(number: int) -> None:
        heard.append(number)

    task = asyncio.ensure_future(run_selftest(interpreter, progress.say, extent))
    with ended_by_signals(task, hear):
        try:
            return await task, 0
        except asyncio.CancelledError:
            if not heard[-1]:
                raise
            return None, heard[-1]
        finally:
            progress.clear()
