"""`gil-tui report`: runs, sweeps, watches or an audit as a document for somebody who was not there."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers

FOLDER = "gil-tui-report"
DESCRIPTION = """Write runs, sweeps, watches or an audit of the history as a report: one Markdown and one HTML
file that needs nothing else, the charts, and the raw data as JSON and CSV beside them."""
EPILOG = """Files are readable for you alone. An earlier report in the folder is replaced, other files never.
With --redact, names of hosts and users, folders, arguments and what the program printed are in no file;
names of functions and files stay."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    from gil_tui.language import LANGUAGES

    parser = subparsers.add_parser("report", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add(
        "ids",
        nargs="*",
        metavar="ID",
        help="numbers of runs (41 or #41), beginnings of sweeps' ids, watches (watch:3) (default: the newest "
        "sweep)",
    )
    add("--audit", metavar="NAME", help="an audit with its runs and watches: number, title or its beginning")
    add("-o", "--output", default=FOLDER, metavar="DIR", help=f"folder, made if missing (default {FOLDER})")
    add("--lang", choices=LANGUAGES, default="", help="language (default: the locale's)")
    add("--title", default="", metavar="TEXT", help="title of the report (default: what it is about)")
    add("--redact", action="store_true", help="hide host, user, folders, arguments and output")
    add("--selftest", metavar="FILE", help="attach this result of `gil-tui selftest --json`")
    add("--json", action="store_true", help="print the names of the files as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Write the report, and print the names of its files."""
    from pathlib import Path

    from gil_tui.commands.output import print_json
    from gil_tui.commands.store import reading
    from gil_tui.history.calling import audit_called
    from gil_tui.language import language_for
    from gil_tui.report.making import make_report

    selftest = _selftest(args.selftest) if args.selftest else None
    with reading() as history:
        audit = audit_called(history, args.audit) if args.audit is not None else None
        paths = make_report(
            history,
            Path(args.output),
            language_for(args.lang),
            ids=args.ids,
            audit=audit,
            redact=args.redact,
            title=args.title,
            selftest=selftest,
        )
    if args.json:
        print_json({"files": [str(path) for path in paths]})
    else:
        print("\n".join(map(str, paths)))
    return 0


def _selftest(path: str) -> dict[str, Any]:
    """The document of a self-test; raises UsageError for any other file."""
    import json
    from pathlib import Path

    from gil_tui.lab.errors import UsageError
    from gil_tui.schemas.fitting import fitted

    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON document: write it with `gil-tui selftest --json`") from error
    try:
        return fitted(document, "selftest")
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is no self-test ({error}): write it with `gil-tui selftest --json`"
        ) from error
