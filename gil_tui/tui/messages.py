"""Facts that the parts of the screen tell each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from gil_tui.lab.interpreters import Interpreter
from gil_tui.tui.engine import Executor, Workload


@dataclass
class StateChanged(Message):
    """The sweep under way, or what is shown of the history, is another."""

    def can_replace(self, message: Message) -> bool:
        """One is enough, however many wait."""
        return isinstance(message, StateChanged)


@dataclass
class InterpretersFound(Message):
    """The interpreters of this host are known."""

    interpreters: Sequence[Interpreter]


@dataclass
class CatalogueFound(Message):
    """The workloads and executors that other packages provide are known, too."""

    workloads: Sequence[Workload]
    executors: Sequence[Executor]


@dataclass
class HistoryOpened(Message):
    """The store of the runs is open."""


@dataclass
class HistoryChanged(Message):
    """Runs were added, finished or deleted."""

    def can_replace(self, message: Message) -> bool:
        """One is enough, however many wait."""
        return isinstance(message, HistoryChanged)


@dataclass
class MaskChanged(Message):
    """Host, user, folders and arguments are to be hidden from now on, or to be shown again."""


@dataclass
class RunChosen(Message):
    """A run of the history is to be shown."""

    run_id: int
