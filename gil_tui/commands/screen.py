"""The screen itself: what `gil-tui` does without a command."""

import argparse
import os
import re


def run(args: argparse.Namespace) -> int:
    """Open the screen; raises LabError where it cannot be shown, before anything slow is imported."""
    from gil_tui.tui.terminal import refuse_without_terminal

    if args.workload is not None:
        check_workload(args.workload)
    refuse_without_terminal(os.environ)
    from gil_tui.tui import app

    return app.run(workload=args.workload, pid=args.pid, no_mouse=args.no_mouse, theme=args.theme)


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
