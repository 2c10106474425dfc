"""The commands, a file each: `add_parser(subparsers)` says what is taken, `run(args) -> int` does it.

A command's file imports at its top only what its arguments need; the rest is imported when it runs. `run`
returns the exit code; `UsageError`, `LabError`, `StoreError` and `NoSuchRunError` become one clear line.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

COMMANDS = {
    "run": "run experiments and print what they show",
    "watch": "say what limits a running process or a command, without stopping it",
    "audit": "work through the nine points of an audit, each measured",
    "history": "list the runs that were made",
    "show": "print one run with its trials and evidence",
    "compare": "say how many times faster one run or sweep is than another",
    "report": "write runs or sweeps as a report: HTML, Markdown and the raw data",
    "screenshot": "save a tab of the screen as SVG or PNG, without a terminal",
    "list": "list workloads, executors, interpreters or processes",
    "selftest": "check the instrument here and now against loads of known behaviour",
    "doctor": "say what this host can and cannot do, and what would help",
    "schema": "print the JSON Schema of what --json prints",
}
"""Name of each command, which is also its module, and what it does; in the order of the help."""
