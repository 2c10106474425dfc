"""`gil-tui report`: runs and sweeps as a document for somebody who was not there."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.history import History
    from gil_tui.report.data import Part

FOLDER = "gil-tui-report"
DESCRIPTION = """Write runs or sweeps of the history as a report: one Markdown and one HTML file that needs
nothing else, the charts, and the raw data as JSON and CSV beside them."""
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
        help="numbers of runs (41 or #41), or beginnings of sweeps' ids (default: the newest sweep)",
    )
    add("-o", "--output", default=FOLDER, metavar="DIR", help=f"folder, made if missing (default {FOLDER})")
    add("--lang", choices=LANGUAGES, default="", help="language (default: the locale's)")
    add("--title", default="", metavar="TEXT", help="title of the report (default: what it is about)")
    add("--redact", action="store_true", help="hide host, user, folders, arguments and output")
    add("--selftest", metavar="FILE", help="attach this result of `gil-tui selftest --json`")
    add("--json", action="store_true", help="print the names of the files as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Write the report, and print the names of its files."""
    from datetime import UTC, datetime
    from pathlib import Path

    from gil_tui import __version__
    from gil_tui.commands.output import print_json
    from gil_tui.commands.store import reading
    from gil_tui.language import language_for
    from gil_tui.report.data import Report
    from gil_tui.report.hidden import own_names
    from gil_tui.report.redact import redacted
    from gil_tui.report.written import write_report

    selftest = _selftest(args.selftest) if args.selftest else None
    with reading() as history:
        parts = parts_of(history, args.ids)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    report = Report(args.title, parts, made_at, __version__, selftest)
    if args.redact:
        report = redacted(report, own_names())
    paths = write_report(report, Path(args.output), language_for(args.lang))
    if args.json:
        print_json({"files": [str(path) for path in paths]})
    else:
        print("\n".join(map(str, paths)))
    return 0


def parts_of(history: "History", ids: Sequence[str]) -> "tuple[Part, ...]":
    """The sweeps and runs that are called so, runs of one sweep together; raises LabError, UsageError."""
    from gil_tui.lab.errors import LabError

    if not ids:
        newest = history.rows(limit=1)
        if not newest:
            raise LabError("there is nothing to report: the history is empty; `gil-tui run` makes runs")
        return (_whole(history, newest[0].sweep_id),)
    sweeps: dict[str, list[int] | None] = {}
    for text in ids:
        sweep_id, run_id = _called(history, text)
        chosen = sweeps.setdefault(sweep_id, [])
        if run_id is None:
            sweeps[sweep_id] = None
        elif chosen is not None and run_id not in chosen:
            chosen.append(run_id)
    return tuple(
        _whole(history, sweep_id) if chosen is None else _chosen(history, sweep_id, chosen)
        for sweep_id, chosen in sweeps.items()
    )


def _called(history: "History", text: str) -> tuple[str, int | None]:
    """The sweep, and the number of the run where it is one."""
    from gil_tui.history import NoSuchRunError
    from gil_tui.lab.errors import LabError, UsageError

    number = text.removeprefix("#")
    try:
        if number.isdecimal():
            return history.run(int(number)).sweep_id, int(number)
    except (NoSuchRunError, OverflowError):
        if text.startswith("#"):
            raise
    sweeps = history.sweep_ids(text) if text else []
    if not sweeps:
        raise LabError(
            f"no run or sweep {text} in the history; `gil-tui history` lists the runs, "
            "`gil-tui show ID` names a run's sweep"
        )
    if len(sweeps) > 1 and text not in sweeps:
        raise UsageError(f"{text} is the beginning of several sweeps: {', '.join(sweeps)}")
    return (text if text in sweeps else sweeps[0]), None


def _whole(history: "History", sweep_id: str) -> "Part":
    """A sweep with what it found; one that never came to its end is judged by what it has."""
    from gil_tui.lab.judge import judged_sweep
    from gil_tui.report.data import Part

    found = history.judged_sweep(sweep_id)
    if found is None:
        runs = history.sweep(sweep_id)
        found = judged_sweep(sweep_id, runs[0].host, runs)
    return Part(found)


def _chosen(history: "History", sweep_id: str, ids: Sequence[int]) -> "Part":
    """Some runs of a sweep, or all of them one by one: then it is the sweep."""
    from dataclasses import replace

    from gil_tui.report.data import Part

    whole = _whole(history, sweep_id)
    runs = tuple(run for run in whole.sweep.runs if run.id in ids)
    if len(runs) == len(whole.sweep.runs) > 1:
        return whole
    alone = len(whole.sweep.runs) == 1
    on_sweep = None if alone else whole.sweep.verdict
    bare = replace(whole.sweep, runs=runs, verdict=None, fits=(), best=None, bests=())
    return Part(bare, whole=False, on_sweep=on_sweep)


def _selftest(path: str) -> dict[str, Any]:
    """The document of a self-test; raises UsageError for any other file."""
    import json
    from pathlib import Path

    from gil_tui.lab.errors import UsageError
    from gil_tui.report.chapters.trust import SELFTEST_SCHEMA

    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{path} is no JSON document: write it with `gil-tui selftest --json`") from error
    if not isinstance(document, dict) or document.get("schema") != SELFTEST_SCHEMA:
        raise UsageError(f"{path} is no self-test: write it with `gil-tui selftest --json`")
    return document
