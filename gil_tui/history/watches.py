"""Watches that were kept, as they are shown, reported and deleted; `Audits` keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gil_tui.history.audits import HAS_AUDITS, Audits, WatchRow, watch_document
from gil_tui.history.errors import corrupt
from gil_tui.history.store import History
from gil_tui.lab.errors import LabError
from gil_tui.lab.shape import misfit
from gil_tui.verdict.audit_model import Audit, WatchSeen

COLUMNS = "id, created_at, subject, document"


class NoSuchWatchError(LabError):
    """The history holds no watch of that number."""

    def __init__(self, watch_id: int) -> None:
        super().__init__(
            f"no watch {watch_id} in the history; `gil-tui history --watches` lists those that are"
        )


@dataclass(frozen=True, slots=True)
class KeptWatch:
    """A watch as it was kept: when, of which subject, and its document (gil-tui/watch/1)."""

    id: int
    created_at: str
    subject: str
    document: Mapping[str, Any]

    @property
    def seen(self) -> WatchSeen:
        """As an audit has it."""
        return WatchSeen(self.id, self.document)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "id": self.id,
            "created_at": self.created_at,
            "subject": self.subject,
            "watch": dict(self.document),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "KeptWatch":
        """The inverse of `to_json`."""
        return cls(document["id"], document["created_at"], document["subject"], document["watch"])


def kept_watch(history: History, watch_id: int) -> KeptWatch:
    """The watch of this number; raises `NoSuchWatchError`."""
    with history.explaining() as connection:
        found = None
        if connection.execute(HAS_AUDITS).fetchone():
            found = connection.execute(f"SELECT {COLUMNS} FROM watches WHERE id = ?", (watch_id,)).fetchone()
    if found is None:
        raise NoSuchWatchError(watch_id)
    return _kept(history, *found)


def kept_watches_of(history: History, audit: Audit) -> list[KeptWatch]:
    """The watches that belong to an audit, the newest first."""
    with history.explaining() as connection:
        found = connection.execute(
            f"SELECT {COLUMNS} FROM watches JOIN audit_watches ON id = watch_id WHERE audit_id = ? "
            "ORDER BY id DESC",
            (audit.id,),
        ).fetchall()
    return [_kept(history, *row) for row in found]


def watch_rows(history: History, words: str = "") -> list[WatchRow]:
    """The kept watches whose line holds every word, the newest first."""
    wanted = words.casefold().split()
    return [
        row
        for row in Audits(history).watches(limit=-1)
        if all(word in f"{row.created_at} {row.subject} {row.verdict or ''}".casefold() for word in wanted)
    ]


def _kept(history: History, number: int, created_at: str, subject: str, text: str) -> KeptWatch:
    kept = KeptWatch(number, created_at, subject, watch_document(history, number, text))
    if wrong := misfit(kept):
        raise corrupt(history.path, f"watch {number}: {wrong}")
    return kept
