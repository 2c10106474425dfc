"""What each worker keeps for itself from one task to the next."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_only_one_worker = False


def worker_data() -> Any:
    """An object whose attributes are each worker's own: data of its thread, or of all if it has no other."""
    return _Plain() if _only_one_worker else threading.local()


def only_one_worker() -> None:
    """Say that this interpreter has one worker, whose thread's data do not last.

    `concurrent.interpreters` gives each call a new thread state, and with it new thread-local data.
    """
    global _only_one_worker
    _only_one_worker = True


class _Plain:
    """Has attributes."""
