"""The privacy mask: what is shown while it is on, by the rules by which a report is redacted.

Records, frames and rows are masked before anything is drawn from them, since words that are wrapped or cut
can no longer be told; `MaskFilter` sees what is left in each line, such as what a person typed.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any, TypeVar

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from gil_tui.bench.spec import Experiment
from gil_tui.history import HistoryRow
from gil_tui.lab.records import Run, Sweep
from gil_tui.language.spoken import say
from gil_tui.report.hidden import Hidden, names_of_host
from gil_tui.text import short_command
from gil_tui.tui.engine import Selection
from gil_tui.tui.model import LabState
from gil_tui.tui.offers import Entry
from gil_tui.verdict.audit_model import PROCESS, Audit, Checklist, Point
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.frames import Frame
from gil_tui.watch.processes import PythonProcess

FREE_SETTINGS = ("args", "dask")
MOST_KEPT = 1000
"""So many masked records are remembered."""

T = TypeVar("T")


def hidden_word() -> str:
    """What stands for what is hidden; in a report's data it is English."""
    return say("[hidden]")


class Mask:
    """Hides host, user, folders, arguments and output while it is `on`; else gives back what it is given.

    It learns names and folders from what passes, `names` are known from the start. The same record is
    masked once, so that what has not changed stays the same object.
    """

    def __init__(self, names: Iterable[str] = (), *, on: bool = False) -> None:
        self.on = on
        self._names, self._folders = set(names), set[str]()
        self._hidden: Hidden | None = None
        self._kept: dict[int, tuple[object, object]] = {}
        self._labels: dict[str, str] = {}

    @property
    def names(self) -> frozenset[str]:
        """Of users and hosts, as far as they are known."""
        return frozenset(self._names)

    def text(self, text: str) -> str:
        """A line of words."""
        return self._rules.text(text) if self.on and text else text

    def host(self, name: str) -> str:
        """The name of a machine."""
        if not self.on or not name:
            return name
        self._learn(names_of_host(name), ())
        return hidden_word()

    def command(self, command: str) -> str:
        """A command line: the program stays, without its folder."""
        if not self.on:
            return command
        program, space, arguments = short_command(command).partition(" ")
        return f"{self.text(program)}{space}{hidden_word() if arguments else ''}"

    def selection(self, selection: Selection) -> Selection:
        """What is chosen to be run; settings that may hold anything are hidden."""
        if not self.on:
            return selection
        settings = tuple(
            (name, hidden_word() if value and name in FREE_SETTINGS else self.text(value))
            for name, value in selection.settings
        )
        return replace(selection, workloads=tuple(map(self.workload, selection.workloads)), settings=settings)

    def entry(self, entry: Entry) -> Entry:
        """One line to choose from, and what is told of it."""
        if not self.on:
            return entry
        return replace(
            entry,
            label=self.workload(entry.label),
            note=self.text(entry.note),
            about=tuple(map(self.text, entry.about)),
            unavailable=self.text(entry.unavailable),
            remedies=tuple(map(self.text, entry.remedies)),
        )

    # Records of the Lab

    def state(self, state: LabState) -> LabState:
        """All that the Lab shows."""
        return self._once(state, self._state) if self.on else state

    def run(self, run: Run) -> Run:
        """A run; two interpreters or functions stay two, though their folders made the difference."""
        return self._once(run, self._run) if self.on else run

    def sweep(self, sweep: Sweep) -> Sweep:
        """A sweep with its verdict."""
        return self._once(sweep, self._sweep) if self.on else sweep

    def rows(self, rows: Sequence[HistoryRow]) -> list[HistoryRow]:
        """Lines of the history."""
        return [replace(row, workload=self.workload(row.workload)) for row in rows] if self.on else [*rows]

    def workload(self, workload: str) -> str:
        """A workload's name; of a function in a file without the folder."""
        if not self.on:
            return workload
        path, colon, function = workload.rpartition(":")
        if not colon:
            return workload
        return f"{self._path(path)}:{function}" if "/" in path else self.text(workload)

    def _state(self, state: LabState) -> LabState:
        return replace(
            state,
            runs=tuple(map(self.run, state.runs)),
            run=self.run(state.run) if state.run else None,
            current=self._experiment(state.current) if state.current else None,
            frame=self.frame(state.frame) if state.frame else None,
            verdict=self._verdict(state.verdict),
            warnings=tuple(map(self.text, state.warnings)),
            parts=tuple((self.workload(name), self.sweep(sweep)) for name, sweep in state.parts),
            fits=tuple(map(self._fit, state.fits)),
            best=self._fit(state.best) if state.best else None,
            bests=tuple(map(self._fit, state.bests)),
        )

    def _run(self, run: Run) -> Run:
        paths = [run.experiment.interpreter, run.experiment.workload.rpartition(":")[0]]
        self._learn(
            names_of_host(run.host.name),
            [*paths, *([run.python.executable] if run.python else [])],
        )
        masked = Run.from_json(self._rules.of(run.to_json()))
        return replace(masked, experiment=self._experiment(run.experiment))

    def _sweep(self, sweep: Sweep) -> Sweep:
        runs = tuple(map(self.run, sweep.runs))
        host = replace(sweep.host, name=self.host(sweep.host.name))
        verdict = self._verdict(sweep.verdict)
        return replace(sweep, host=host, runs=runs, verdict=verdict, fits=tuple(map(self._fit, sweep.fits)))

    def _experiment(self, experiment: Experiment) -> Experiment:
        masked = Experiment.from_json(self._rules.of(experiment.to_json()))
        return replace(
            masked,
            workload=self.workload(experiment.workload),
            interpreter=self._path(experiment.interpreter),
        )

    def _fit(self, fit: Any) -> dict[str, Any]:
        return {**fit, "workload": self.workload(str(fit["workload"]))} if fit.get("workload") else dict(fit)

    def _verdict(self, verdict: Verdict | None) -> Verdict | None:
        return self.verdict(verdict) if verdict else None

    # What the Watch sees

    def processes(self, processes: Sequence[PythonProcess]) -> Sequence[PythonProcess]:
        """The list of processes."""
        if not self.on:
            return processes
        return [
            replace(one, user=hidden_word(), command=self.command(one.command), why=self.text(one.why))
            for one in processes
        ]

    def frame(self, frame: Frame) -> Frame:
        """What the watcher saw."""
        if not self.on:
            return frame
        processes = tuple(replace(one, command=self.command(one.command)) for one in frame.processes)
        return replace(frame, processes=processes, why=self.text(frame.why))

    def observation(self, observation: Observation) -> Observation:
        """What was seen over a window."""
        return self._once(observation, self._observation) if self.on else observation

    def verdict(self, verdict: Verdict) -> Verdict:
        """A verdict with its evidence."""
        return self._once(verdict, self._masked_verdict) if self.on else verdict

    def _observation(self, observation: Observation) -> Observation:
        members = tuple(replace(one, command=self.command(one.command)) for one in observation.members)
        hot = tuple(replace(one, file=self.text(one.file)) for one in observation.hot)
        return replace(observation, members=members, hot=hot, why=self.text(observation.why))

    def _masked_verdict(self, verdict: Verdict) -> Verdict:
        return Verdict.from_json(self._rules.of(verdict.to_json()))

    # Audits

    def audit(self, audit: Audit) -> Audit:
        """What is audited."""
        if not self.on:
            return audit
        if audit.kind == PROCESS:
            subject = self.command(audit.subject)
        else:
            self._learn((), [audit.subject.rpartition(":")[0]])
            subject = self.workload(audit.subject)
        title = audit.title.replace(audit.subject, subject) if audit.subject else audit.title
        return replace(audit, title=self.text(title), subject=subject)

    def checklist(self, checklist: Checklist) -> Checklist:
        """An audit with its points."""
        return self._once(checklist, self._checklist) if self.on else checklist

    def _checklist(self, checklist: Checklist) -> Checklist:
        before, audit = checklist.audit.subject, self.audit(checklist.audit)

        def told(text: str) -> str:
            return self.text(text.replace(before, audit.subject) if before else text)

        def point(point: Point) -> Point:
            evidence = tuple(replace(one, name=told(one.name), how=told(one.how)) for one in point.evidence)
            fill = replace(point.fill, command=told(point.fill.command)) if point.fill else None
            return replace(
                point,
                answer=told(point.answer),
                why=told(point.why),
                reproduce=told(point.reproduce),
                evidence=evidence,
                fill=fill,
            )

        points = tuple(map(point, checklist.points))
        return Checklist(audit, points, self._verdict(checklist.verdict))

    # What is known

    @property
    def _rules(self) -> Hidden:
        if self._hidden is None:
            self._hidden = Hidden(self._folders, self._names, word=hidden_word())
        return self._hidden

    def _learn(self, names: Iterable[str], paths: Iterable[str]) -> None:
        """Names and folders of paths; a folder may be relative and hold spaces."""
        folders = {f"{PurePath(path).parent}/".replace("//", "/") for path in paths if "/" in path}
        if not (set(names) <= self._names and folders <= self._folders):
            self._names |= {name for name in names if name}
            self._folders |= folders - {"./", "/"}
            self._hidden = None

    def _path(self, path: str) -> str:
        """The file's name behind an ellipsis, with a number where another file is called so too."""
        if "/" not in path:
            return path
        if path not in self._labels:
            name = f"…/{PurePath(path).name}"
            alike = sum(label.partition(" ")[0] == name for label in self._labels.values())
            self._labels[path] = f"{name} ({alike + 1})" if alike else name
        return self._labels[path]

    def _once(self, item: T, make: Callable[[T], T]) -> T:
        kept = self._kept.get(id(item))
        if kept is None or kept[0] is not item:
            while len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            kept = self._kept[id(item)] = (item, make(item))
        return kept[1]  # type: ignore[return-value]  # made from this very item


WORD = re.compile(r"[^\s│|]+")
PATH = re.compile(r"^[\"'`(\[=<]*(?:~[\w.-]*|…[\w.-]*|\.{1,2})?/[\w.…]")
FILE = re.compile(r"/[^/]*\.(?:py|pyx|pyw|pyc|so|ipynb|svg|png|html|md|json|csv|sqlite3|toml)\b")


class MaskFilter(LineFilter):
    """Hides names and folders in a line that is about to be drawn, in the cells that they take."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line, cell by cell, without what is to be hidden."""
        line = "".join(segment.text for segment in segments)
        shown = without_paths(without_names(line, self._mask.names))
        if shown == line:
            return segments
        found, at = [], 0
        for segment in segments:
            found.append(Segment(shown[at : at + len(segment.text)], segment.style, segment.control))
            at += len(segment.text)
        return found


def without_names(line: str, names: Iterable[str]) -> str:
    """A name's characters are replaced one by one."""
    for name in sorted(names, key=len, reverse=True):
        if name and name.casefold() in line.casefold():
            spelled = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
            line = spelled.sub(lambda found: "•" * len(found[0]), line)
    return line


def without_paths(line: str) -> str:
    """A folder becomes an ellipsis behind blanks; what was cut off or is an address is hidden whole."""
    return WORD.sub(_without_path, line) if "/" in line else line


def _without_path(found: re.Match[str]) -> str:
    word = found[0]
    if "://" in word:
        return "•" * len(word)
    if not (PATH.search(word) or FILE.search(word)):
        return word
    place = word.rindex("/")
    if "…" in word[place:] or place == len(word) - 1:
        return "…".ljust(len(word))
    return f"…{word[place:]}".rjust(len(word))
