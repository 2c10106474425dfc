"""The audit that is open: its points, and what is being measured of it; knows no widgets."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gil_tui.history import History, StoreError
from gil_tui.history.audits import Audits
from gil_tui.history.checking import checked
from gil_tui.lab.auditing import AuditEvent, StepEnded, StepStarted, new_audit
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.events import Calibrating, Progressed, RunEnded, SweepEnded, TrialStarted, Warned
from gil_tui.lab.interpreters import Interpreter
from gil_tui.language.spoken import sentence
from gil_tui.text import clean
from gil_tui.tui.engine import Engine
from gil_tui.tui.looking import looked_for
from gil_tui.tui.speaker import Speaker
from gil_tui.verdict.audit import fills_of
from gil_tui.verdict.audit_fill import merged
from gil_tui.verdict.audit_model import Audit, Checklist, Fill, Material

SAVING_S = 5.0
"""What quitting grants a measurement to save its finished trials."""


class Listener(Speaker, Protocol):
    """Who shows lines that a person should read, and is told when the history has changed."""

    def history_changed(self) -> None:
        """Runs were added."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Step `number` of `total` is under way for `points`; `share` and `left_s` are of this step."""

    number: int
    total: int
    points: tuple[int, ...]
    doing: str = ""
    share: float = 0.0
    left_s: float | None = None
    stopping: bool = False


class AuditSession:
    """One audit at a time; `open_audit` of None says that the list is shown."""

    def __init__(self, engine: Engine, history: Callable[[], History | None], listener: Listener) -> None:
        self.engine = engine
        self.open_audit: Audit | None = None
        self.checklist: Checklist | None = None
        self.listed: list[Audit] = []
        self.progress: Progress | None = None
        self.interpreters: Sequence[Interpreter] = ()
        self.on_change: Callable[[], None] = lambda: None
        self._history, self._listener = history, listener
        self._material = Material()
        self._task: asyncio.Task[object] | None = None
        self._measured_id: int | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being measured."""
        return self._task is not None

    @property
    def measuring(self) -> frozenset[int]:
        """The points of the open audit that are being measured now."""
        here = self.open_audit is not None and self.open_audit.id == self._measured_id
        return frozenset(self.progress.points) if self.progress and here else frozenset()

    async def find_interpreters(self) -> None:
        """Look for the interpreters that point 8 may try."""
        self.interpreters = await looked_for(self.engine.find_interpreters, self._listener) or ()

    async def load(self) -> None:
        """Read the audits, and the points of the one that is open."""
        history = self._history()
        if history is None:
            return
        try:
            self.listed = await asyncio.to_thread(Audits(history).all)
            if self.open_audit is not None:
                await self._load_points(history, self.open_audit)
        except (StoreError, LookupError) as error:
            self._listener.say(sentence(clean(str(error))), is_error=True)
        self.on_change()

    async def _load_points(self, history: History, audit: Audit) -> None:
        kept = next((one for one in self.listed if one.id == audit.id), None)
        if kept is None:
            self.open_audit, self.checklist = None, None
            return

        found = await asyncio.to_thread(checked, history, kept, self.interpreters)
        if self.open_audit is not None and self.open_audit.id == kept.id:
            self.open_audit, self._material, self.checklist = kept, found.material, found.checklist

    async def open(self, audit: Audit) -> None:
        """Show this audit, with what the history has of its subject by now."""
        history = self._history()
        if history is None:
            return
        self.open_audit, self.checklist = audit, None
        self.on_change()
        try:
            await asyncio.to_thread(Audits(history).collect, audit)
        except StoreError as error:
            self._listener.say(sentence(clean(str(error))), is_error=True)
        await self.load()

    async def begin(self, subject: str, title: str) -> None:
        """Begin an audit and show it; what is wrong with the subject is said."""
        history = self._history()
        if history is None:
            return
        try:
            audit = await asyncio.to_thread(new_audit, subject, title)
            audit = await asyncio.to_thread(Audits(history).add, audit)
        except (UsageError, LabError, StoreError) as error:
            self._listener.say(sentence(clean(str(error))), is_error=True)
            return
        await self.open(audit)

    async def delete(self, audit: Audit) -> None:
        """Forget an audit; its runs and watches stay."""
        history = self._history()
        if history is None or audit.id is None or audit.id == self._measured_id:
            return
        try:
            await asyncio.to_thread(Audits(history).delete, audit.id)
        except StoreError as error:
            self._listener.say(sentence(clean(str(error))), is_error=True)
        await self.load()

    async def leave(self) -> None:
        """Back to the list; what is being measured goes on."""
        self.open_audit, self.checklist = None, None
        await self.load()

    def fills(self, numbers: Iterable[int] | None = None) -> tuple[Fill, ...]:
        """What measures these points, or all that are missing."""
        if self.checklist is None:
            return ()
        points = self.checklist.missing
        if numbers is not None:
            points = tuple(point for point in self.checklist.points if point.number in numbers)
        audit = self.checklist.audit
        return merged(fill for point in points for fill in fills_of(point, audit, self._material))

    async def measure(self, numbers: Iterable[int] | None = None) -> None:
        """Measure these points of the open audit, or all that are missing, until done or stopped."""
        audit, history, fills = self.open_audit, self._history(), self.fills(numbers)
        if audit is None or history is None or self.busy or not fills:
            return
        self._task, self._measured_id = asyncio.current_task(), audit.id
        self.progress = Progress(0, len(fills), fills[0].points)
        self.on_change()
        try:
            await self.engine.prepare(self._hear)
            await self.engine.auditing(audit, fills, self._hear, history)
        except (UsageError, LabError, StoreError) as error:
            self._listener.say(sentence(clean(str(error))), is_error=True)
        finally:
            self._task, self.progress, self._measured_id = None, None, None
            self._listener.history_changed()
            self.on_change()
        await self.load()

    def stop(self) -> None:
        """Ask what is being measured to end; its finished trials are kept."""
        if self._task and self.progress and not self.progress.stopping:
            self.progress = replace(self.progress, stopping=True)
            self._task.cancel()
            self.on_change()

    async def close(self) -> None:
        """Stop, and wait a little for what has finished to be kept."""
        task = self._task
        self.stop()
        if task:
            await asyncio.wait([task], timeout=SAVING_S)

    def _hear(self, event: AuditEvent) -> None:
        progress = self.progress
        if progress is None:
            return
        match event:
            case StepStarted(number=number, total=total, points=points):
                self.progress = Progress(number, total, points, stopping=progress.stopping)
            case Calibrating(workload=workload):
                self.progress = replace(progress, doing=f"{clean(workload)}: its size")
            case TrialStarted(experiment=experiment, number=number):
                doing = f"{clean(experiment.workload)} {experiment.label}, trial {number}"
                self.progress = replace(progress, doing=doing)
            case Progressed(share=share, left_s=left_s):
                self.progress = replace(progress, share=share, left_s=left_s)
            case Warned(message=message):
                self._listener.say(sentence(clean(message)))
            case StepEnded(refusal=refusal):
                if refusal:
                    self._listener.say(sentence(clean(refusal)), is_error=True)
            case RunEnded() | SweepEnded():
                self._listener.history_changed()
            case _:
                return
        self.on_change()
