"""`gil-tui watch`: what limits a running process, or a command, without stopping it."""

import argparse
import signal
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gil_tui.commands import Subparsers

SECONDS = 10.0
SIGNALLED = 128

DESCRIPTION = """Look at a Python process and its descendants from outside, and say what limits them: the GIL,
a lock, the CPUs, or waiting. The process is never stopped or changed."""
EPILOG = """`gil-tui watch -- COMMAND ARG…` starts a command and watches it to its end (--seconds: at most so
long); its exit code becomes this one, and no privilege is needed. With --json its output goes to stderr.

Ends with 0, 1 when nothing could be watched (one line names the cause, such as another user's process, and
the remedy), 2 for wrong usage, 130 after Ctrl-C (128 + n after signal n); what was seen until then is
printed all the same."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser(
        "watch",
        usage="gil-tui watch [--seconds S] [--rate HZ] [--no-stacks] [--save] [--json] PID | -- COMMAND [A…]",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("subject", nargs="+", metavar="PID | -- COMMAND", help="a process id, or a command to start")
    add(
        "--seconds",
        type=_positive,
        metavar="S",
        help=f"how long (default: {SECONDS:g}; a command until it ends)",
    )
    add("--rate", type=_rate, metavar="HZ", help="samples of the GIL a second (default 100)")
    add("--no-stacks", action="store_true", help="do not name functions (py-spy, without pausing)")
    add(
        "--save", action="store_true", help="keep it in the history, where audits of the same command find it"
    )
    add("--json", action="store_true", help="print one JSON document, see `gil-tui schema watch`")


def run(args: argparse.Namespace) -> int:
    """Watch, and print what was seen."""
    from gil_tui.commands.output import complain, print_json, print_lines
    from gil_tui.commands.watch_text import watch_lines
    from gil_tui.commands.watching import Order, watch_until_signalled
    from gil_tui.lab.documents import watch_document

    pid = int(args.subject[0]) if len(args.subject) == 1 and args.subject[0].isdecimal() else None
    order = Order(
        pid=pid,
        command=() if pid is not None else tuple(args.subject),
        seconds=args.seconds if args.seconds or pid is None else SECONDS,
        rate_hz=args.rate,
        stacks=not args.no_stacks,
        output_to_stderr=args.json,
    )
    seen = watch_until_signalled(order)
    document = watch_document(seen.observation, seen.pid, seen.command, seen.verdict)
    if args.save:
        seen.complaints.append(_kept(document))
    with suppress(OSError) if seen.signal == signal.SIGHUP else nullcontext():  # the terminal is gone
        if args.json:
            print_json(document)
        else:
            print_lines(watch_lines(seen))
    for complaint in seen.complaints:
        complain(complaint)
    if seen.signal:
        return SIGNALLED + seen.signal
    return seen.exit_code


def _kept(document: "Mapping[str, Any]") -> str:
    """Keep the watch; what to say of it."""
    from gil_tui.history import History, StoreError
    from gil_tui.history.audits import Audits

    try:
        with History.open() as history:
            number = Audits(history).keep_watch(document)
    except StoreError as error:
        return f"this watch is not kept: {error}"
    return f"kept as watch {number}"


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _rate(text: str) -> float:
    from gil_tui.watch.pace import RATE_LIMITS_HZ

    value = float(text)
    low, high = RATE_LIMITS_HZ
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text} is not from {low:g} to {high:g}")
    return value
