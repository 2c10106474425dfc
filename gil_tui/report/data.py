"""What a report is about, and the same as a JSON document."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gil_tui.history.watches import KeptWatch
from gil_tui.lab.records import Run, Sweep
from gil_tui.verdict.audit_model import Audit, Checklist, Fill, Point
from gil_tui.verdict.model import Evidence, Verdict

REPORT_SCHEMA = "gil-tui/report/1"


@dataclass(frozen=True, slots=True)
class Part:
    """Runs of one sweep, at least one: all of them, or those that were chosen of it.

    `on_sweep` is the verdict on the whole sweep where only some of its runs are told.
    """

    sweep: Sweep
    whole: bool = True
    on_sweep: Verdict | None = None

    def to_json(self) -> dict[str, Any]:
        """As an entry of `sweeps`: the document of `run --json` with what is known of the choice."""
        on_sweep = self.on_sweep.to_json() if self.on_sweep else None
        return {"id": self.sweep.id, "whole": self.whole, "on_sweep": on_sweep} | self.sweep.to_json()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Part":
        """The inverse of `to_json`."""
        sweep = Sweep.judged([Run.from_json(run) for run in document["runs"]], document["sweep"])
        on_sweep = document.get("on_sweep")
        return cls(sweep, document["whole"], Verdict.from_json(on_sweep) if on_sweep else None)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report tells: `created_at` in ISO 8601, `selftest` is the document of a self-test.

    Without a `title` the report is called by what it is about. Of an `audit` it has the runs and watches too.
    """

    title: str
    parts: tuple[Part, ...]
    created_at: str
    version: str
    selftest: Mapping[str, Any] | None = None
    redacted: bool = False
    audit: Checklist | None = None
    watches: tuple[KeptWatch, ...] = ()

    @property
    def runs(self) -> list[Run]:
        """The runs of all parts."""
        return [run for part in self.parts for run in part.sweep.runs]

    def to_json(self) -> dict[str, Any]:
        """As the JSON document beside the report."""
        return {
            "schema": REPORT_SCHEMA,
            "title": self.title,
            "created_at": self.created_at,
            "version": self.version,
            "redacted": self.redacted,
            "sweeps": [part.to_json() for part in self.parts],
            "audit": self.audit.to_json() if self.audit else None,
            "watches": [watch.to_json() for watch in self.watches],
            "selftest": dict(self.selftest) if self.selftest is not None else None,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Report":
        """The inverse of `to_json`."""
        return cls(
            document["title"],
            tuple(Part.from_json(part) for part in document["sweeps"]),
            document["created_at"],
            document["version"],
            document["selftest"],
            document["redacted"],
            checklist_from(document["audit"]) if document.get("audit") else None,
            tuple(map(KeptWatch.from_json, document.get("watches", ()))),
        )


def checklist_from(document: Mapping[str, Any]) -> Checklist:
    """The inverse of `Checklist.to_json`."""
    verdict = document["verdict"]
    return Checklist(
        Audit.from_json(document["audit"]),
        tuple(map(_point, document["points"])),
        Verdict.from_json(verdict) if verdict else None,
    )


def _point(document: Mapping[str, Any]) -> Point:
    figure, fill = document["figure"], document["fill"]
    return Point(
        number=document["number"],
        state=document["state"],
        answer=document["answer"],
        figure=Evidence(**figure) if figure else None,
        evidence=tuple(Evidence(**one) for one in document["evidence"]),
        runs=tuple(document["runs"]),
        watches=tuple(document["watches"]),
        reproduce=document["reproduce"],
        why=document["why"],
        fill=Fill(**{name: _fixed(value) for name, value in fill.items()}) if fill else None,
    )


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def finite(value: Any) -> Any:
    """The same document with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
