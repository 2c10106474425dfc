"""The history: every run that was made, on disk the moment each trial ends, reproducible from its row."""

from gil_tui.history.errors import NoSuchRunError, StoreError
from gil_tui.history.place import default_path
from gil_tui.history.rows import HistoryRow
from gil_tui.history.store import History

__all__ = ["History", "HistoryRow", "NoSuchRunError", "StoreError", "default_path"]
