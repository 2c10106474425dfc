"""What stays in the terminal when the screen has gone: the verdict, and how to come by it again."""

from collections.abc import Iterator

from gil_tui.language.spoken import sentence
from gil_tui.report.chapters.origin import commands_of
from gil_tui.report.chapters.works import works_of
from gil_tui.text import clean
from gil_tui.tui.model import LabState, sweep_of
from gil_tui.verdict.model import Verdict

MOST_COMMANDS = 4
"""Of a sweep that takes more than so many commands to make again, the history is named alone."""


def lab_lines(state: LabState, *, kept: bool) -> list[str]:
    """The verdict on the sweep of this session, the commands that make it again and the one that shows it.

    Nothing where there is no verdict; `kept` says that the history has its runs.
    """
    if state.verdict is None or not state.runs:
        return []
    sweep = sweep_of(state)
    commands = list(dict.fromkeys(line for work in works_of(sweep) for line in commands_of(work)))
    shown = commands if len(commands) <= MOST_COMMANDS else []
    shown += [f"gil-tui show {state.sweep_id}"] if kept and state.sweep_id else []
    return list(_told(state.verdict, shown))


def watch_lines(verdict: Verdict, pid: int, *, ended: bool) -> list[str]:
    """The verdict on a watched process, and the command that watches it again while it is there."""
    return list(_told(verdict, () if ended else (f"gil-tui watch {pid}",)))


def _told(verdict: Verdict, commands: tuple[str, ...] | list[str]) -> Iterator[str]:
    yield f"{verdict.code}: {clean(sentence(verdict.sentence))}"
    yield from (f"  {clean(command)}" for command in commands)
