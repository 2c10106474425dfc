"""Watches and audits as they come out of the Watch and the Lab, made of plain figures."""

import json
from dataclasses import replace
from typing import Any

from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.history.watches import KeptWatch
from gil_tui.lab.audit_material import material_of
from gil_tui.lab.documents import watch_document
from gil_tui.lab.observe import summarize
from gil_tui.report.data import Part, Report
from gil_tui.verdict.audit import checklist
from gil_tui.verdict.audit_model import FUNCTION, PROCESS, Audit, Checklist
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.watch.stacks import HotFunction
from tests.lab.frame_builders import frame, gil, process, thread
from tests.report.sweeps import a_judged_sweep, keep

MADE_AT = "2026-03-01T14:30:00+00:00"
COMMAND = "/srv/customer shop/bin/python serve.py --token s3cret"
PYTHON = "/usr/bin/python3.13"
AUDIT = Audit("Shop", "countdown", FUNCTION, MADE_AT, PYTHON, "/srv/shop", id=1)
OF_PROCESS = Audit("Service", COMMAND, PROCESS, MADE_AT, pid=100, id=2)
HOT = (
    HotFunction("render", "/srv/shop/views.py", 41, True, 0.62),
    HotFunction("total", "/srv/shop/cart.py", 7, True, 0.3),
    HotFunction("dot", "/srv/shop/maths.py", 0, False, 0.9),
)


def a_document(command: str = COMMAND, **changes: Any) -> dict[str, Any]:
    """A watch of ten seconds of four threads that share a GIL, and one that sleeps."""
    names = ("MainThread", "worker-1", "worker-2", "worker-3")
    threads = [thread(100 + n, name=name, cpu=0.25, gil=0.72, run_queue=0.03) for n, name in enumerate(names)]
    threads.append(thread(104, name="flusher", sleep=0.97, cpu=0.01))
    held = gil(
        held=0.99,
        waiting=2.9,
        waiting_counts=(1, 1, 2, 21),
        switches_per_s=178.0,
        holders={100: 0.25, 101: 0.26, 102: 0.24, 103: 0.25},
    )
    members = (process(command=command, threads=5, pss_bytes=18_000_000),)
    frames = [frame(number, gils=(held,), threads=tuple(threads), processes=members) for number in range(40)]
    seen = summarize(frames, hot=HOT)
    return _as_kept(watch_document(seen, 100, command, diagnose_observation(seen))) | changes


def a_blind_document() -> dict[str, Any]:
    """A watch that could read no GIL and tell no waits apart."""
    unread = gil(available=False, why="its memory may not be read (ptrace scope 2)", held=None, waiting=None)
    unread = replace(unread, waiting_counts=(), switches_per_s=None, samples=0)
    lanes = tuple(thread(100 + n, cpu=0.4, counted_only=True) for n in range(2))
    pair = (process(), process(101, 100, command="python worker.py"))
    frames = [frame(number, gils=(unread,), threads=lanes, processes=pair) for number in range(8)]
    seen = summarize(frames)
    return _as_kept(watch_document(seen, 100, "python serve.py", diagnose_observation(seen)))


def _as_kept(document: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(document)))


def a_watch(number: int = 1, document: dict[str, Any] | None = None) -> KeptWatch:
    """A watch as the history has it."""
    found = document or a_document()
    return KeptWatch(number, MADE_AT, str(found["command"]), found)


def a_watch_report(*watches: KeptWatch, **changes: Any) -> Report:
    """A report of watches alone."""
    report = Report("", (), "2026-03-01T15:00:00+00:00", "0.1.0", watches=watches or (a_watch(),))
    return replace(report, **changes)


def an_audit(**changes: Any) -> Checklist:
    """Points 1, 3, 4 and more answered, 2 by the watch, 8 impossible, others open."""
    watch = a_watch()
    audit = replace(AUDIT, refusals={7: "the watcher ended: no memory"}, **changes)
    return checklist(audit, material_of(audit, a_judged_sweep().runs[::-1], [watch.seen]))


def an_audit_report(**changes: Any) -> Report:
    """The report of an audit with a sweep and a watch."""
    report = a_watch_report(audit=an_audit(), parts=(Part(a_judged_sweep()),))
    return replace(report, **changes)


def keep_audit(history: History, audit: Audit = AUDIT) -> Audit:
    """Put an audit with a sweep and a watch into a history."""
    keep(history, a_judged_sweep())
    audits = Audits(history)
    audits.keep_watch(a_document(), audit.subject)
    kept = audits.add(audit)
    audits.collect(kept)
    return kept
