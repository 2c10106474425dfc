"""Makes a report of what the history holds: runs, sweeps, an audit; for the commands and the screen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gil_tui import __version__
from gil_tui.history import History
from gil_tui.history.calling import called, watch_called
from gil_tui.history.checking import checked
from gil_tui.history.watches import kept_watch, kept_watches_of
from gil_tui.lab.errors import LabError
from gil_tui.lab.interpreters import Interpreter, find_interpreters
from gil_tui.lab.judge import judged_sweep
from gil_tui.language import Language
from gil_tui.report.data import Part, Report
from gil_tui.report.hidden import own_names
from gil_tui.report.redact import redacted
from gil_tui.report.written import write_report
from gil_tui.verdict.audit_model import Audit


def make_report(
    history: History,
    folder: Path,
    language: Language,
    *,
    ids: Sequence[str] = (),
    audit: Audit | None = None,
    redact: bool = False,
    title: str = "",
    selftest: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write the report of what `report_of` finds into the folder; returns the paths of its files, HTML first.

    With `redact` names of host and user, folders, arguments and output are in no file. Raises what
    `report_of` raises, and LabError where the folder cannot be written to.
    """
    report = report_of(history, ids, audit, title=title, selftest=selftest)
    return write_report(redacted(report, own_names()) if redact else report, folder, language)


def report_of(
    history: History,
    ids: Sequence[str] = (),
    audit: Audit | None = None,
    *,
    title: str = "",
    selftest: Mapping[str, Any] | None = None,
    interpreters: Iterable[Interpreter] | None = None,
) -> Report:
    """All that is to be told of an audit, with its runs and watches, and of what is called by `ids`.

    That are runs (`41`, `#41`), sweeps (the beginning of an id) and watches (`watch:3`); the newest sweep
    where nothing is asked for. `interpreters` are those of this host, looked for where they are not given.
    Raises LabError, UsageError, StoreError, LookupError.
    """
    asked = [(text, watch_called(text)) for text in ids]
    runs = [text for text, watch in asked if watch is None]
    watches = {watch: kept_watch(history, watch) for _, watch in asked if watch is not None}
    points = None
    if audit is not None:
        found = checked(history, audit, find_interpreters() if interpreters is None else interpreters)
        points = found.checklist
        runs += [f"#{run.id}" for run in found.runs]
        watches |= {one.id: one for one in kept_watches_of(history, audit)}
    parts = parts_of(history, runs) if runs or not (points or watches) else ()
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(title, parts, made_at, __version__, selftest, audit=points, watches=tuple(watches.values()))


def parts_of(history: History, ids: Sequence[str]) -> tuple[Part, ...]:
    """The sweeps and runs that are called so, runs of one sweep together; raises LabError, UsageError."""
    if not ids:
        newest = history.rows(limit=1)
        if not newest:
            raise LabError("there is nothing to report: the history is empty; `gil-tui run` makes runs")
        return (_whole(history, newest[0].sweep_id),)
    sweeps: dict[str, list[int] | None] = {}
    for text in ids:
        sweep_id, run_id = called(history, text)
        chosen = sweeps.setdefault(sweep_id, [])
        if run_id is None:
            sweeps[sweep_id] = None
        elif chosen is not None and run_id not in chosen:
            chosen.append(run_id)
    return tuple(
        _whole(history, sweep_id) if chosen is None else _chosen(history, sweep_id, chosen)
        for sweep_id, chosen in sweeps.items()
    )


def _whole(history: History, sweep_id: str) -> Part:
    """A sweep with what it found; one that never came to its end is judged by what it has."""
    found = history.judged_sweep(sweep_id)
    if found is None:
        runs = history.sweep(sweep_id)
        found = judged_sweep(sweep_id, runs[0].host, runs)
    return Part(found)


def _chosen(history: History, sweep_id: str, ids: Sequence[int]) -> Part:
    """Some runs of a sweep, or all of them one by one: then it is the sweep."""
    whole = _whole(history, sweep_id)
    runs = tuple(run for run in whole.sweep.runs if run.id in ids)
    if len(runs) == len(whole.sweep.runs) > 1:
        return whole
    alone = len(whole.sweep.runs) == 1
    on_sweep = None if alone else whole.sweep.verdict
    bare = replace(whole.sweep, runs=runs, verdict=None, fits=(), best=None, bests=())
    return Part(bare, whole=False, on_sweep=on_sweep)
