"""`gil-tui audit`: the nine points of an audit, each measured."""

import argparse
import signal
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.history import History
    from gil_tui.history.audits import Audits
    from gil_tui.verdict.audit_model import Audit

LIST_SCHEMA = "gil-tui/audits/1"
SIGNALLED = 128

DESCRIPTION = """Work through the nine points of an audit: CPU or I/O, the costliest function, the GIL,
threads against processes, native code, the cost of workers, locks, free-threading and PyPy, the host. What
runs and watches of the subject in the history answer is taken from there; what is missing is measured."""
EPILOG = """SUBJECT is a workload, your own code as package.module:function or path/to/file.py:function, the
number of a Python process, or the title of an audit that was begun. Without one the audits are listed.

Ends with 0, 1 when a point that was to be measured could not be, 2 for wrong usage, 130 after Ctrl-C
(128 + n after signal n); what was measured until then is kept."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser("audit", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("subject", nargs="?", metavar="SUBJECT", help="what is audited, or the title of an audit")
    add("--title", metavar="T", help="begin an audit of this title, or go on with it")
    add("--points", type=_points, metavar="1,3,4", help="measure these points alone (default: all missing)")
    add("--again", action="store_true", help="measure the points even where they are answered")
    add("--no-run", action="store_true", help="measure nothing: print the audit as it stands")
    add("-i", "--interpreter", default="", metavar="A", help="the interpreter of a new audit")
    add("--repeats", type=int, metavar="N", help="trials of an experiment at most")
    add("--delete", action="store_true", help="forget the audit; its runs and watches stay")
    add("--json", action="store_true", help="print one JSON document, see `gil-tui schema audit`")


def run(args: argparse.Namespace) -> int:
    """List the audits, or measure what one of them misses and print it."""
    from gil_tui.commands.store import reading
    from gil_tui.history import History
    from gil_tui.history.audits import Audits

    if args.subject is None and args.title is None:
        with reading() as history:
            return _list(Audits(history), args.json)
    if args.no_run:
        with reading() as history:
            return _print(history, _known(Audits(history), args), args)
    with History.open() as history:
        audits = Audits(history)
        if args.delete:
            audits.delete(_known(audits, args).id or 0)
            return 0
        return _measure(history, _opened(audits, args), args)


def _measure(history: "History", audit: "Audit", args: argparse.Namespace) -> int:
    from gil_tui.commands.auditing import measure_until_signalled
    from gil_tui.commands.output import complain

    outcome = measure_until_signalled(history, audit, args.points, again=args.again, repeats=args.repeats)
    with suppress(OSError) if outcome.signal == signal.SIGHUP else nullcontext():  # the terminal is gone
        _print(history, outcome.audit, args)
    for refusal in outcome.refusals:
        complain(refusal)
    if outcome.signal:
        return SIGNALLED + outcome.signal
    return 1 if outcome.refusals else 0


def _print(history: "History", audit: "Audit", args: argparse.Namespace) -> int:
    from gil_tui.commands.output import print_json, print_lines
    from gil_tui.history.checking import checked
    from gil_tui.lab.interpreters import find_interpreters
    from gil_tui.report.audit import audit_lines

    checklist = checked(history, audit, find_interpreters()).checklist
    if args.json:
        print_json(checklist.to_json())
    else:
        print_lines(audit_lines(checklist))
    return 0


def _list(audits: "Audits", as_json: bool) -> int:
    from gil_tui.commands.output import print_json, print_lines, table
    from gil_tui.history.rows import local_time
    from gil_tui.text import clean

    every = audits.all()
    if as_json:
        print_json({"schema": LIST_SCHEMA, "audits": [audit.to_json() for audit in every]})
        return 0
    rows = [
        (str(audit.id), local_time(audit.created_at), clean(audit.title), clean(audit.subject))
        for audit in every
    ]
    lines = table([("id", "begun", "title", "subject"), *rows], right=(0,)) if rows else []
    print_lines(lines or ["no audit yet; `gil-tui audit countdown` makes the first"])
    return 0


def _known(audits: "Audits", args: argparse.Namespace) -> "Audit":
    """The audit that is asked for; LabError where it was never begun."""
    from gil_tui.history.audits import NoSuchAuditError
    from gil_tui.lab.errors import LabError

    try:
        return audits.named(args.title or args.subject)
    except NoSuchAuditError as error:
        raise LabError(str(error)) from error


def _opened(audits: "Audits", args: argparse.Namespace) -> "Audit":
    """The audit that is asked for, begun where there is none, with what the history has of its subject."""
    from gil_tui.history.audits import NoSuchAuditError
    from gil_tui.lab.auditing import new_audit
    from gil_tui.lab.errors import UsageError

    try:
        audit = audits.named(args.title or args.subject)
    except NoSuchAuditError:
        if args.subject is None:
            raise UsageError(f"no audit is called {args.title!r}: name its subject to begin it") from None
        audit = _begun(audits, new_audit(args.subject, args.title or "", args.interpreter), bool(args.title))
    audits.collect(audit)
    return audit


def _begun(audits: "Audits", audit: "Audit", titled: bool) -> "Audit":
    """The audit, kept; that of the same process goes on where no other title is asked for."""
    from dataclasses import replace

    known = next(
        (one for one in audits.all() if (one.kind, one.subject) == (audit.kind, audit.subject)), None
    )
    if known is None or titled:
        return audits.add(audit)
    audits.save(found := replace(known, pid=audit.pid))
    return found


def _points(text: str) -> list[int]:
    from gil_tui.verdict.audit_model import QUESTIONS

    numbers = [int(part) for part in text.split(",") if part.strip()]
    for number in numbers:
        if number not in QUESTIONS:
            raise argparse.ArgumentTypeError(f"there is no point {number}: they are 1 to {len(QUESTIONS)}")
    return numbers
