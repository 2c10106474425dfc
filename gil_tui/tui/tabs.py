"""The tabs, each a screen file of its own; a tab that is listed here is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen

from gil_tui.language.spoken import to_say


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its number key, its mode, its title, and what makes its screen when it is first opened."""

    key: str
    mode: str
    title: str
    make: Callable[[], Screen[Any]]


def _lab() -> Screen[Any]:
    from gil_tui.tui.screens.lab import LabScreen

    return LabScreen()


def _watch() -> Screen[Any]:
    from gil_tui.tui.screens.watch import WatchScreen

    return WatchScreen()


def _history() -> Screen[Any]:
    from gil_tui.tui.screens.history import HistoryScreen

    return HistoryScreen()


def _audit() -> Screen[Any]:
    from gil_tui.tui.screens.audit import AuditScreen

    return AuditScreen()


TABS = (
    Tab("1", "lab", to_say("Lab"), _lab),
    Tab("2", "watch", to_say("Watch"), _watch),
    Tab("3", "history", to_say("History"), _history),
    Tab("4", "audit", to_say("Audit"), _audit),
)
