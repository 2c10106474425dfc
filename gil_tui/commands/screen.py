"""The screen itself: what `gil-tui` does without a command."""

import argparse
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gil_tui.commands.interruption import ending_at_once

if TYPE_CHECKING:
    from gil_tui.lab.interpreters import Interpreter
    from gil_tui.tui.start import Start


def run(args: argparse.Namespace) -> int:
    """Open the screen; raises LabError where it cannot be shown, before anything slow is imported.

    What is chosen by options is checked as for `gil-tui run`: raises UsageError.
    """
    from gil_tui.tui.terminal import refuse_without_terminal

    if args.pid is not None and args.workloads:
        from gil_tui.lab.errors import UsageError

        raise UsageError("--pid is not allowed with a workload: the screen opens on the Watch or on the Lab")
    for text in args.workloads:
        check_workload(text)
    refuse_without_terminal(os.environ)
    interpreters = _checked_interpreters(args) if _says_more(args) else []
    from gil_tui.language import language_for

    with ending_at_once():
        from gil_tui.tui import app
    return app.run(
        start_of(args, interpreters),
        interpreters,
        no_mouse=args.no_mouse,
        theme=args.theme,
        language=language_for(args.lang),
    )


def check_workload(text: str) -> None:
    """Raise UsageError unless it is a workload; a misspelt command comes here too."""
    from gil_tui.commands import COMMANDS
    from gil_tui.lab.errors import UsageError, nearest
    from gil_tui.lab.knobs import known_workloads
    from gil_tui.lab.plan import checked_workload

    names = known_workloads([text])
    if re.fullmatch(r"[\w-]+", text) and text not in names:
        raise UsageError(f"no workload or command {text!r}: {nearest(text, [*names, *COMMANDS])}")
    checked_workload(text, names)


def start_of(args: argparse.Namespace, interpreters: "list[Interpreter]") -> "Start":
    """What the arguments ask for, as the screen takes it."""
    from gil_tui.commands.run import EXECUTORS
    from gil_tui.tui.start import Start

    executors = tuple(args.executors or ())
    return Start(
        workloads=tuple(args.workloads),
        executors=(*(executors or EXECUTORS), "dask") if args.dask else executors,
        workers=tuple(args.workers or ()),
        interpreters=tuple(one.key for one in interpreters),
        settings=tuple(_settings(args)),
        pid=args.pid,
        screenshots=args.screenshots,
        redact=args.redact,
        cores=args.cores,
    )


OPTIONS = ("executors", "workers", "interpreters", "size", "tasks", "repeats", "switch_interval", "timeout")
MORE_OPTIONS = ("knobs", "args", "dask")


def _says_more(args: argparse.Namespace) -> bool:
    return any(getattr(args, name) not in (None, (), []) for name in (*OPTIONS, *MORE_OPTIONS))


def _checked_interpreters(args: argparse.Namespace) -> "list[Interpreter]":
    """The interpreters that are named; raises UsageError for any option that `run` would refuse."""
    from gil_tui.commands.run import plan_of
    from gil_tui.lab.interpreters import resolve_interpreter

    workloads = args.workloads or ["countdown"]
    plan_of(argparse.Namespace(**vars(args) | {"workloads": workloads, "no_watch": False}))
    return [resolve_interpreter(text) for text in args.interpreters]


def _settings(args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for name in ("size", "tasks", "repeats", "timeout", "dask", "args"):
        value = getattr(args, name)
        if value is not None:
            yield name, f"{value:g}" if isinstance(value, float) else str(value)
    if args.switch_interval:
        yield "switch interval", ", ".join(f"{interval_s:g}" for interval_s in args.switch_interval)
    yield from args.knobs
