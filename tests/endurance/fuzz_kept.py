"""Targets: what gil-tui itself keeps and reads back, in which somebody changed values, and what calls it."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from gil_tui.commands.history import watch_lines_of
from gil_tui.commands.report import _selftest
from gil_tui.commands.watch_text import watch_lines
from gil_tui.commands.watching import Seen
from gil_tui.history import History, NoSuchRunError, StoreError
from gil_tui.history.calling import audit_called, called, watch_called
from gil_tui.history.checking import checked
from gil_tui.history.watches import kept_watch, kept_watches_of, watch_rows
from gil_tui.lab.documents import watch_document, watched_observation
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.identify import Facts, Identifier, _stamp, facts_of_running
from gil_tui.lab.modules import Modules
from gil_tui.lab.observe import summarize
from gil_tui.lab.records import Run, Sweep
from gil_tui.language.speech import Language, language_called, language_for
from gil_tui.report.chapters import document_of
from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.chapters.trust import trust_blocks
from gil_tui.report.data import Part, Report
from gil_tui.report.document import Document
from gil_tui.report.hidden import own_names
from gil_tui.report.html import html_text
from gil_tui.report.markdown import markdown_text
from gil_tui.report.redact import redacted
from gil_tui.report.sweep import sweep_lines
from gil_tui.tui.theme import SHADES, default_theme
from gil_tui.verdict.audit_model import Audit
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.watch.frames import Frame
from tests.endurance.fuzz_documents import SPOIL_BYTES, spoiled
from tests.endurance.fuzz_proc import scratch_folder
from tests.endurance.fuzz_words import is_harmless, text_of
from tests.lab import frame_builders
from tests.report.audits import OF_PROCESS, a_document, an_audit_report, keep_audit
from tests.report.sweeps import SWEEP_ID

MADE_AT = "2026-03-01T15:00:00+00:00"
ENVIRONMENTS = (
    b"LANG=fr_FR.UTF-8\0TERM=xterm-256color\0NO_COLOR=1",
    b"LC_ALL=\x1b]0;x\x07\0TERM=tmux\0COLORTERM=truecolor",
    b"LC_MESSAGES=fr@euro\0LANG=C\0TERM=",
    b"LANG=....____\0COLORTERM=\xff",
)
NAMES = (
    b"1",
    b"#2",
    b"5eed",
    b"watch:1",
    b"watch#2",
    b"Shop",
    b"\xd9\xa1",
    b"#" + b"9" * 40,
    b"%_' OR 1",
    b"",
)
SELFTEST = {
    "schema": "gil-tui/selftest/1",
    "host": {
        "name": "web-01",
        "system": "Linux 6.1.0",
        "machine": "x86_64",
        "cpus": 2,
        "cpus_effective": 2.0,
        "cpus_limited_by": "online",
        "memory_bytes": 1 << 33,
    },
    "created_at": MADE_AT,
    "version": "0.1.0",
    "interpreter": "/usr/bin/python3",
    "python": "CPython 3.13.0",
    "quick": True,
    "seconds": 9.0,
    "passed": True,
    "sentence": "The instrument tells the truth.",
    "checks": [
        {
            "part": "gauge",
            "subject": "one busy thread",
            "quantity": "held",
            "unit": "share",
            "measured": 0.99,
            "truth": [0.98, 1.0],
            "error": 0.01,
            "within": 0.03,
            "chance": 0.01,
            "state": "passed",
            "note": "",
        }
    ],
}


@cache
def _history() -> tuple[History, Audit, Any, Any]:
    """A history with an audit, a sweep and a watch; the documents of the watch and of the sweep's end."""
    history = History.in_memory()
    audit = keep_audit(history)
    history._connection.execute("DELETE FROM audit_runs")  # they are another target, and slow
    history._connection.execute("DELETE FROM runs WHERE id NOT IN (1, 3, 7)")
    history._connection.execute("DELETE FROM trials WHERE number > 2")
    judgement = history.judgements([SWEEP_ID])[SWEEP_ID]
    return history, audit, a_document(), json.loads(json.dumps(judgement))


def _halves(data: bytes) -> tuple[bytes, bytes]:
    half = len(data) // 2 // SPOIL_BYTES * SPOIL_BYTES
    return data[:half], data[half:]


@cache
def _speech(code: str) -> Language:
    return language_called(code)


def watch(data: bytes) -> None:
    """A kept watch in which values are others: listed, shown, reported in two languages; StoreError."""
    history, _, document, _ = _history()
    in_row, in_document = _halves(data)
    row = spoiled({"subject": "countdown", "seconds": 10.0, "verdict": "gil", "created_at": MADE_AT}, in_row)
    values = {name: row.get(name) for name in ("subject", "seconds", "verdict", "created_at")}
    storable = {
        name: value if isinstance(value, str | float | bytes) or value is None else str(value)
        for name, value in values.items()
    }
    history._connection.execute(
        "UPDATE OR IGNORE watches SET subject = :subject, seconds = :seconds, verdict = :verdict, "
        "created_at = :created_at",
        storable,
    )
    history._connection.execute(
        "UPDATE watches SET document = ?", (json.dumps(spoiled(document, in_document)),)
    )
    if row.get("subject") is not None:
        _raises(lambda: watch_lines_of(watch_rows(history, "countdown")))
    kept = kept_watch(history, 1)
    read = kept.document
    watch_lines(Seen(read["pid"], read["command"], watched_observation(read), kept.seen.verdict))
    report = Report("", (), MADE_AT, "0.1.0", watches=(kept,))
    page = html_text(document_of(report, _speech("fr" if len(data) % 2 else "en")))
    assert is_harmless(page.replace("\n", ""))


def audited(data: bytes) -> None:
    """The watch of an audit in which values are others: its nine points; StoreError."""
    history, _, document, _ = _history()
    spoilt = json.dumps(spoiled(document, data))
    history._connection.execute(
        "UPDATE watches SET document = ?, subject = 'x', seconds = 10.0, verdict = NULL, created_at = ?",
        (spoilt, MADE_AT),
    )
    for audit in (_history()[1], replace(OF_PROCESS, id=_history()[1].id)):
        checked(history, audit, ())
        kept_watches_of(history, audit)


def judgement(data: bytes) -> None:
    """What a sweep found, in which values are others: shown and reported; those of `UNLIKE`."""
    document, runs = _history()[3], _runs()
    sweep = Sweep.judged(runs, spoiled(document, data))
    if len(data) % 2:
        sweep_lines(sweep, 4 if len(data) % 4 == 1 else None)
        return
    told = document_of(Report("", (Part(sweep),), MADE_AT, "0.1.0"), _speech("en"))
    assert is_harmless(html_text(told).replace("\n", ""))


@cache
def _runs() -> list[Run]:
    return _history()[0].sweep(SWEEP_ID)


def _raises(work: Callable[[], object]) -> None:
    """Do what may be refused: the store's list is read before a damaged watch is."""
    try:
        work()
    except StoreError:
        return


def report(data: bytes) -> None:
    """A whole report, with names hidden too, of an audit whose texts are any text."""
    text = text_of(data)
    whole = _audit_report()
    watches = tuple(replace(one, subject=text) for one in whole.watches)
    told = replace(whole, title=text, watches=watches, selftest=None)
    if len(data) % 2:
        told = redacted(told, own_names())
    document = document_of(told, _speech("fr" if len(data) % 3 else "en"))
    page = html_text(document)
    assert "<script" not in page[page.index("<body>") :].lower()
    charts = {figure.name: figure.name for figure in document.figures}
    for content in (page, markdown_text(document, charts), *(figure.svg for figure in document.figures)):
        assert is_harmless(content.replace("\n", ""))


@cache
def _audit_report() -> Report:
    whole = an_audit_report(parts=())
    assert whole.audit
    return replace(whole, audit=replace(whole.audit, points=whole.audit.points[:3]))


def selftest(data: bytes) -> None:
    """The file of a self-test in which values are others, as a chapter of a report; UsageError."""
    path = _cache_folder() / "selftest.json"
    path.write_text(json.dumps(spoiled(SELFTEST, data)))
    attached = Report("", (), MADE_AT, "0.1.0", selftest=_selftest(str(path)))
    chapter = tuple(trust_blocks(attached, Speaker(_speech("fr" if len(data) % 2 else "en"))))
    page = html_text(Document("x", "en", "x", chapter))
    assert is_harmless(page.replace("\n", ""))


def names(data: bytes) -> None:
    """What a person calls a run, a sweep, a watch or an audit; LabError, UsageError, LookupError."""
    text = data.decode("utf-8", "replace")
    history = _history()[0]
    number = watch_called(text)
    assert number is None or number >= 0
    for find in (called, audit_called):
        try:
            find(history, text)
        except (LabError, UsageError, NoSuchRunError):
            continue


def caches(data: bytes) -> None:
    """What was kept of interpreters and their modules, in which values are others, or any bytes."""
    path, entry = _asked()
    whole = {"executables": {path: entry}, "interpreters": {path: entry["modules"]}, "format": 1}
    for name in ("interpreters", "modules"):
        changed = spoiled(whole, data)
        text = json.dumps(changed) if len(data) % 7 else data.decode("latin-1")
        _cache_folder().joinpath(f"{name}.json").write_text(text)
    environ = {"XDG_CACHE_HOME": str(_cache_folder().parent)}
    identifier, modules = Identifier(environ), Modules(environ)
    found = identifier._recall(Path(path))
    assert not isinstance(found, Facts) or len(found.version_info) == 3
    known = modules._known.get(path)
    modules._stands(known, path, ("json",))


@cache
def _cache_folder() -> Path:
    folder = scratch_folder() / "gil-tui"
    folder.mkdir()
    return folder


@cache
def _asked() -> tuple[str, Any]:
    """This interpreter as the two caches would have it."""
    path = Path(sys.executable).resolve()
    folders = {str(path): path.stat().st_mtime_ns}
    modules = {"asked": ["json"], "found": ["json"], "managed": False, "settings": {}, "times": folders}
    facts = json.loads(json.dumps(asdict(facts_of_running())))
    return str(path), {"stamp": _stamp(path), "facts": facts, "modules": modules}


def environment(data: bytes) -> None:
    """The variables that choose language and colours."""
    pairs = (pair.partition("=") for pair in text_of(data).split("\0"))
    environ = {name: value for name, _, value in pairs}
    assert language_for("", environ).code in ("en", "fr")
    assert language_for(text_of(data), environ).code in ("en", "fr")
    assert default_theme(environ) in SHADES


def observed(data: bytes) -> None:
    """A frame of the watcher in which numbers are others, down to the verdict and its document."""
    frame = Frame.from_json(spoiled(_frame(), data, numbers=True))
    seen = summarize([frame, replace(frame, start_s=frame.end_s, end_s=frame.end_s + 1)])
    verdict = diagnose_observation(seen)
    document = watch_document(seen, 7, "x", verdict)
    watched_observation(json.loads(json.dumps(document)))
    watch_lines(Seen(7, "x", seen, verdict))


@cache
def _frame() -> Any:
    return json.loads(json.dumps(frame_builders.frame().to_json()))
