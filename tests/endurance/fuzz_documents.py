"""Targets: JSON and text that other programs write, and documents of ours that somebody changed."""

import copy
import json
import struct
import unicodedata
from dataclasses import replace
from functools import cache
from typing import Any

from gil_tui.bench.counters import parsed, reason
from gil_tui.bench.spec import Job, TrialResult
from gil_tui.history.audits import Audits
from gil_tui.history.errors import StoreError
from gil_tui.history.store import History
from gil_tui.lab.child import ChildReport
from gil_tui.lab.documents import observation_of
from gil_tui.lab.identify import MARK, OUTPUT_BYTES, Facts, _parse
from gil_tui.lab.records import Trial
from gil_tui.lab.streams import EventLines, HeadAndTail
from gil_tui.lab.trial import python_of, result_of
from gil_tui.report.run import output_lines, run_lines
from gil_tui.text import UNPRINTABLE, clean_lines
from gil_tui.verdict.audit_model import FUNCTION, Audit
from gil_tui.watch.__main__ import Watcher, _command
from gil_tui.watch.frames import Frame
from gil_tui.watch.stacks import parse_dump, parse_record
from tests.history.samples import a_failed_trial, a_full_trial, a_run, finished
from tests.lab import fake_bench, frame_builders

TOKEN = "f00d"
LINE_BYTES = 4096
_SPOIL = struct.Struct("<HB")
SPOIL_BYTES = _SPOIL.size
_MOST_SPOILS = 8


def _line(event: str, /, **fields: Any) -> bytes:
    return json.dumps({"token": TOKEN, "t_s": 1.5, **fields, "event": event}).encode() + b"\n"


EVENTS = (
    _line("hello", pid=7, python=fake_bench.PYTHON) + _line("progress", done=1, total=3),
    _line("calibrated", size=10, tasks=3) + b"junk\n" + _line("failed", kind="raised", message="x\x1b[2J"),
    _line("finished", **fake_bench.result(1.0)),
    b'{"event": "hello", "t_s": NaN, "pid": true, "python": []}\n[[[[\n' + b"x" * 5000 + b"\n",
)
COMMANDS = (
    b'{"watch": -1}',
    b'{"rate_hz": 1e308}',
    b'{"cut": true}\n{"unwatch": 1}',
    b'{"rate_hz": NaN}',
    b"[[[[",
)
_FRAMES = [{"name": "f", "filename": "a.py", "line": 3}]
_THREAD = {"os_thread_id": 7, "thread_name": "x", "active": True, "owns_gil": False, "frames": _FRAMES}
DUMPS = (
    json.dumps([_THREAD]).encode(),
    b'[{"active": 1, "owns_gil": 1, "frames": [{"name":1,"filename":2,"line":1e400}]}]',
)
_RECORD = {
    "shared": {"frames": [{"name": "f", "file": "a.py", "line": 3}]},
    "profiles": [{"samples": [[0], [], [0, 0]]}],
}
RECORDS = (
    b"py-spy> sampling\n" + json.dumps(_RECORD).encode() + b"done",
    b'{"shared": {"frames": [[]]}, "profiles": [{"samples": [[-1], [9]]}]}',
)
JOBS = (
    json.dumps(Job("trial", finished(a_run()).experiment, 3, 4, plugins={"a": "b:c"}).to_json()).encode(),
)
PERF = (
    b"12.3;msec;task-clock;100;100.00;;\n5;;context-switches;1;100\n<not supported>;;cycles:u;0;0\n",
    b"1,5;;cpu_core/cycles/;1;1\n1e999;;cpu_atom/instructions/u;1;1\nnan;;page-faults;1;1\n",
    b"Error:\nAccess limited: perf_event_paranoid\n",
)
PROBES = (
    f'noise\n{MARK}["cpython", [3, 13, 0], "candidate", 2, false, "/a/python", null]\n'.encode(),
    f'{MARK}["pypy", [3], "final", 0, 1, "x", true]'.encode(),
    b"Unknown option: -I",
)
SPOILS = (b"", _SPOIL.pack(3, 1), b"".join(_SPOIL.pack(n * 7, n) for n in range(8)))
OTHER_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1 << 70,
    float("nan"),
    float("inf"),
    1e-320,
    "",
    "\x1b]52;c;eA==\x07\u202e[red]",
    "9" * 5000,
    [],
    [[]],
    {},
    {"a": {}},
)

OTHER_NUMBERS = (0, 0.5, 1, 2, 100, 101, -1, 1 << 40, 1e-320, 1e300)


def spoiled(document: Any, data: bytes, *, numbers: bool = False) -> Any:
    """A copy of the document in which some values are others, or gone, as `data` says.

    With `numbers` only numbers are changed, and for other numbers.
    """
    changed = json.loads(json.dumps(document))
    for at in range(0, min(len(data) - 2, SPOIL_BYTES * _MOST_SPOILS), SPOIL_BYTES):
        place, other = _SPOIL.unpack_from(data, at)
        places = [one for one in _places(changed) if not numbers or type(one[0][one[1]]) in (int, float)]
        if places:
            container, key = places[place % len(places)]
            if numbers:
                container[key] = OTHER_NUMBERS[other % len(OTHER_NUMBERS)]
            elif other % 16 == 15 and isinstance(container, dict):
                del container[key]
            else:
                container[key] = copy.deepcopy(OTHER_VALUES[other % 15])
    return changed


def _places(value: Any) -> Any:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def events(data: bytes) -> None:
    """The bench's pipe, cut anywhere."""
    lines = EventLines(LINE_BYTES, TOKEN)
    middle = len(data) // 2
    for piece in (data[:middle], data[middle:]):
        for event in lines.feed(piece):
            python_of(event)
            result_of(ChildReport(0.0, 1.0, 0, event))
    captured = HeadAndTail(64)
    captured.feed(data)
    for line in clean_lines(captured.captured().text):
        assert not any(map(_is_obeyed, line))


def _is_obeyed(character: str) -> bool:
    return unicodedata.category(character) in UNPRINTABLE


def result(data: bytes) -> None:
    """A trial's result in which values are others."""
    answer = spoiled(_result(), data)
    measured, failure = result_of(ChildReport(0.0, 1.0, 0, answer, junk_events=len(data)))
    assert (measured is None) != (failure is None)
    if measured:
        run_lines(finished(a_run(), a_full_trial(), _with(measured)))


def _with(measured: TrialResult) -> Trial:
    return replace(a_full_trial(2), result=measured)


@cache
def _result() -> Any:
    return fake_bench.result(1.0)


def watcher_command(data: bytes) -> None:
    """Orders to the watcher; none of those here names a process."""
    watcher = Watcher(-1)
    for line in data.split(b"\n"):
        watcher.obey({key: value for key, value in _command(line).items() if key != "watch"})


def frame(data: bytes) -> None:
    """A frame of the watcher in which values are others; ValueError."""
    try:
        Frame.from_json(spoiled(_frame(), data))
    except ValueError:
        return


@cache
def _frame() -> Any:
    return json.loads(json.dumps(frame_builders.frame().to_json()))


def stacks_dump(data: bytes) -> None:
    """What py-spy dump prints; StacksError."""
    for thread in parse_dump(data):
        assert all(isinstance(one.function, str) and isinstance(one.line, int) for one in thread.frames)


def stacks_record(data: bytes) -> None:
    """What py-spy record prints; StacksError."""
    assert all(count > 0 for count in parse_record(data).values())


def job(data: bytes) -> None:
    """What the bench child is told on its standard input."""
    try:
        Job.from_json(json.loads(data.decode("utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return


def kept_run(data: bytes) -> None:
    """A run of the history in which values are others, read back and shown; StoreError."""
    history, document, trial = _history()
    half = len(data) // 2 // _SPOIL.size * _SPOIL.size
    connection = history._connection
    connection.execute("UPDATE documents SET document = ?", (json.dumps(spoiled(document, data[:half])),))
    connection.execute(
        "UPDATE trials SET document = ? WHERE number = 1", (json.dumps(spoiled(trial, data[half:])),)
    )
    try:
        run = history.run(1)
    except StoreError:
        return
    for each in run.trials:
        if each.observed:
            _read_back(each.observed)
    for line in output_lines(run):
        assert not any(map(_is_obeyed, line))


def _read_back(observed: Any) -> None:
    try:
        observation_of(observed)
    except (TypeError, AttributeError):
        return


@cache
def _history() -> tuple[History, Any, Any]:
    history = History.in_memory()
    run = finished(a_run(), a_full_trial(1), a_failed_trial(2))
    history.add_run(run)
    document = {**run.to_json(), "trials": [], "status": "done"}
    return history, document, a_full_trial(1).to_json()


def kept_audit(data: bytes) -> None:
    """An audit of the history in which values are others; StoreError."""
    audits, document = _audits()
    audits._history._connection.execute(
        "UPDATE audits SET document = ?", (json.dumps(spoiled(document, data)),)
    )
    try:
        audits.all()
    except StoreError:
        return


@cache
def _audits() -> tuple[Audits, Any]:
    audits = Audits(History.in_memory())
    audit = audits.add(
        Audit("Shop", "countdown", FUNCTION, "2026-03-01", "/usr/bin/python3", refusals={8: "no"})
    )
    return audits, audit.to_json()


def perf(data: bytes) -> None:
    """What perf stat prints."""
    text = data.decode("utf-8", "replace")
    parsed(text)
    reason(text, text)


def probe(data: bytes) -> None:
    """What an executable says that may be a Python."""
    facts = _parse(data[:OUTPUT_BYTES].decode(errors="replace"), keep_executable=True)
    if isinstance(facts, Facts):
        assert len(facts.version_info) == 3
        assert facts.version.isprintable()
        assert facts.implementation.isidentifier()
