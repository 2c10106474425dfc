"""The command line: finds the command, imports no more than it needs, and turns errors into one line."""

import argparse
import difflib
import errno
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from gil_tui import __version__
from gil_tui.commands import COMMANDS
from gil_tui.commands.interruption import ending_at_once

DONE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 130
BROKEN_PIPE = 141
DESCRIPTION = "Is this Python program limited by the GIL, or by something else, and what should change?"
DEBUG = "GIL_TUI_DEBUG"

EXAMPLES = """examples:
  gil-tui                                           the screen
  gil-tui run countdown -e threads,processes        threads against processes, as a table
  gil-tui run shop/views.py:render -w 1,2,4 --json  your own function, as JSON

exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (128 + n: ended by signal n)"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest name for a misspelt option."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        unknown = message.removeprefix("unrecognized arguments: ").split()[0]
        known = [name for action in self._actions for name in action.option_strings]
        close = difflib.get_close_matches(unknown, known, n=1) if unknown.startswith("-") else []
        remedy = f"did you mean {close[0]}?" if close else f"`{self.prog} --help` shows what is taken"
        from gil_tui.text import clean

        self.exit(USAGE, f"{clean(f'{self.prog}: {message}; {remedy}')}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: this process's); returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that is not UTF-8 still gets its table
    status = FAILED
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EIO):
            return _failed(error)
        # The reader has gone, as `head` does, or the line has dropped: nothing may be flushed at exit either.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        if error.errno == errno.EIO:
            os.dup2(nowhere, sys.stderr.fileno())
        return BROKEN_PIPE if error.errno == errno.EPIPE else status
    except Exception as error:
        return _failed(error)
    return status


def _dispatch(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        with ending_at_once():
            command = importlib.import_module(f"gil_tui.commands.{name}")
        parser = Parser(prog="gil-tui")
        subparsers = parser.add_subparsers(dest="command")
        command.add_parser(subparsers)
        parsed, left_over = parser.parse_known_args(arguments)
        if left_over:
            subparsers.choices[name].error(f"unrecognized arguments: {' '.join(left_over)}")
        status: int = command.run(parsed)
        return status
    parsed = _screen_parser().parse_args(arguments)
    from gil_tui.commands import screen

    return screen.run(parsed)


def _screen_parser() -> Parser:
    width = max(map(len, COMMANDS)) + 2
    listed = "\n".join(f"  {name:<{width}}{does}" for name, does in COMMANDS.items())
    parser = Parser(
        prog="gil-tui",
        usage="gil-tui [WORKLOAD…] [options]\n       gil-tui --pid PID\n       gil-tui COMMAND …",
        description=DESCRIPTION,
        epilog=f"commands (`gil-tui COMMAND --help` says more):\n{listed}\n\n{EXAMPLES}",
    )
    from gil_tui.commands.cores import add_cores
    from gil_tui.commands.run import add_options

    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="open the screen with it chosen")
    parser.add_argument("--pid", type=int, help="open the screen watching this process")
    add_options(parser)
    add_cores(parser, help="draw the bound for a machine with N cores (keys [ and ] change it)")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    parser.add_argument("--theme", metavar="NAME", help="colours of the screen")
    parser.add_argument("--lang", choices=("en", "fr"), default="", help="language (default: the locale's)")
    parser.add_argument(
        "--screenshots", default="", metavar="DIR", help="where pictures go (default: ./screenshots)"
    )
    parser.add_argument(
        "--redact", action="store_true", help="hide host, user, folders and arguments (key k)"
    )
    parser.add_argument("--version", action="version", version=f"gil-tui {__version__}")
    return parser


def _failed(error: Exception) -> int:
    from gil_tui.history import NoSuchRunError, StoreError
    from gil_tui.lab.errors import LabError, UsageError
    from gil_tui.text import clean

    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    expected = isinstance(error, UsageError | LabError | StoreError | NoSuchRunError)
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        cause = "no more files may be opened; `ulimit -n 1024` raises the limit"
    else:
        cause = str(error) if expected else f"{type(error).__name__}: {error}; {DEBUG}=1 shows where"
    print(f"gil-tui: {clean(cause)}", file=sys.stderr)
    return USAGE if isinstance(error, UsageError) else FAILED
