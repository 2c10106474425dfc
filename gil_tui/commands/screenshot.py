"""`gil-tui screenshot`: the screen as a picture, without a terminal."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.tui.headless import Shot

TABS = ("lab", "watch", "history", "audit")
SECONDS = 5.0
SMALLEST, LARGEST = (20, 5), (400, 200)
"""Columns and lines."""
DESCRIPTION = """Save a tab as it is seen on a terminal of that size, as SVG or PNG: a run of the history, the
history, a process watched for some seconds, an audit. No terminal is needed, and no font."""
EPILOG = """examples:
  gil-tui screenshot -o lab.svg --run 41                       the Lab with run 41 and those of its sweep
  gil-tui screenshot -o run.png --run 41 --tab history         all numbers of run 41
  gil-tui screenshot -o watch.png --pid 4711 --size 80x24      a process, looked at for 5 seconds
  gil-tui screenshot -o watch.svg --pid 4711 --theme light --redact

PNG needs the extra png: pip install 'resvg-py>=0.5'."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser("screenshot", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("-o", "--output", required=True, metavar="FILE", help="where to: FILE.svg or FILE.png")
    add("--tab", choices=TABS, help="which tab (default: lab; with --pid watch, with --audit audit)")
    add("--run", type=int, metavar="ID", help="show this run of the history")
    add("--pid", type=int, metavar="PID", help="watch this process first")
    add("--seconds", type=_seconds, metavar="S", help=f"how long to watch it (default {SECONDS:g})")
    add("--audit", default="", metavar="TITLE", help="open this audit")
    add("--size", type=_size, default=(120, 40), metavar="120x40", help="columns and lines (default 120x40)")
    add("--theme", choices=("dark", "light"), default="dark", help="colours; light is legible on paper")
    add("--redact", action="store_true", help="hide host, user, folders and arguments")


def run(args: argparse.Namespace) -> int:
    """Take the picture, and print where it is."""
    import os
    from dataclasses import replace

    from gil_tui.commands.store import reading
    from gil_tui.lab.errors import LabError

    file = checked_file(args.output)
    shot = checked_shot(args)
    os.environ.pop("NO_COLOR", None)  # that is about a terminal; the colours of a picture are --theme
    from gil_tui.report.png import png_of
    from gil_tui.report.terminal_svg import svg_of
    from gil_tui.tui.engine import real_engine
    from gil_tui.tui.headless import EndedError, picture_of

    try:
        cells = picture_of(shot, replace(real_engine(), open_history=reading))
    except EndedError as error:
        return error.code
    svg = svg_of(cells, f"gil-tui {shot.tab}")
    content = png_of(svg) if file.suffix.lower() == ".png" else svg.encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(content)
    except OSError as error:
        raise LabError(f"{file} cannot be written ({error.strerror})") from error
    print(file)
    return 0


def checked_file(text: str) -> Path:
    """The file to write; raises UsageError for another kind of file, LabError where the extra is missing."""
    from gil_tui.lab.errors import LabError, UsageError
    from gil_tui.report.png import why_no_png

    file = Path(text).expanduser()
    if file.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"{text} is neither FILE.svg nor FILE.png")
    if file.suffix.lower() == ".png" and (missing := why_no_png()):
        raise LabError(missing)
    return file


def checked_shot(args: argparse.Namespace) -> "Shot":
    """What is to be seen; raises UsageError for what does not go together, LabError for what is not there."""
    from gil_tui.commands.store import reading
    from gil_tui.lab.errors import LabError, UsageError
    from gil_tui.tui.headless import Shot
    from gil_tui.watch import access

    tab = args.tab or ("watch" if args.pid is not None else "audit" if args.audit else "lab")
    goes_with = {"--run": ("lab", "history"), "--pid": ("watch",), "--audit": ("audit",)}
    given = {"--run": args.run is not None, "--pid": args.pid is not None, "--audit": bool(args.audit)}
    for option, tabs in goes_with.items():
        if given[option] and tab not in tabs:
            raise UsageError(f"{option} goes with --tab {' or '.join(tabs)}, not with {tab}")
    if args.seconds is not None and args.pid is None:
        raise UsageError("--seconds goes with --pid: nothing else is watched")
    if args.pid is not None and (refused := access.refused(args.pid)):
        raise LabError(refused)
    if args.run is not None:
        with reading() as history:
            history.run(args.run)
    return Shot(
        tab,
        args.size,
        args.theme,
        redact=args.redact,
        run_id=args.run,
        pid=args.pid,
        seconds=SECONDS if args.seconds is None else args.seconds,
        audit=args.audit,
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,4})[x×](\d{1,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: columns and lines, such as 120x40")
    size = int(found[1]), int(found[2])
    for value, least, most in zip(size, SMALLEST, LARGEST, strict=True):
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"{text} is not from {SMALLEST[0]}x{SMALLEST[1]} to {LARGEST[0]}x{LARGEST[1]}"
            )
    return size


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most an hour")
    return value
