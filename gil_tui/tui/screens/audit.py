"""The Audit: the nine points of one subject, each measured, and the list of audits."""

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from gil_tui.language.spoken import say, sentence, some, to_say
from gil_tui.report.audit import point_lines
from gil_tui.text import clean
from gil_tui.tui.audit_session import AuditSession, Progress
from gil_tui.tui.bindings import SpokenDialog
from gil_tui.tui.messages import HistoryChanged, HistoryOpened, InterpretersFound, MaskChanged
from gil_tui.tui.reporting import Reported
from gil_tui.tui.screens.dialogs import ConfirmDialog, TextDialog
from gil_tui.tui.screens.tab import TabScreen
from gil_tui.tui.widgets.points import AuditList, PointPane, PointsPane, Table
from gil_tui.tui.widgets.verdict import VerdictPane
from gil_tui.tui.wording import left, percent
from gil_tui.verdict.audit_model import Checklist

NONE_YET = to_say(
    "No audit yet: press n, and name a workload, a function of yours or the number of a process."
)
CHOOSE = to_say("Nine points, each measured: open an audit, or begin one with n.")
NOTHING = to_say("Nothing measured yet: r measures the point at the cursor, a all that are missing.")


class AuditDialog(SpokenDialog[tuple[str, str] | None]):
    """Asks for subject and title of a new audit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", id="ask.leave", tooltip="Close without beginning an audit")
    ]

    def compose(self) -> ComposeResult:
        """A line for the subject, one for the title."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(say("New audit"))
            dialog.border_subtitle = Content(say("enter begin · tab next · esc cancel"))
            yield Static(say("Subject"), markup=False)
            yield Input(placeholder=say("module:function, file.py:function, a workload, a pid"), id="subject")
            yield Static(say("Title"), markup=False)
            yield Input(placeholder=say("as the report will name it; the subject if empty"), id="title")
            yield Static("", id="wrong", markup=False)

    def on_mount(self) -> None:
        """As flat as the other dialogs."""
        for line in self.query(Input):
            line.compact = True

    def on_input_submitted(self) -> None:
        """Begin it, where there is a subject."""
        subject, title = (self.query_one(name, Input).value.strip() for name in ("#subject", "#title"))
        if subject:
            self.dismiss((subject, title))
        else:
            self.query_one("#wrong", Static).update(Content(say("What is to be audited?")))

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class AuditScreen(TabScreen):
    """Wires the list and the points to the session."""

    BINDING_GROUP_TITLE = "Audit"
    TAB = "audit"
    AUTO_FOCUS = "#audits"
    CSS = """
    AuditScreen #opened { display: none; }
    AuditScreen.-opened #opened { display: block; }
    AuditScreen.-opened #audits { display: none; }
    AuditScreen #points { height: 11; }
    AuditScreen #point { height: 1fr; }
    AuditScreen.-short #point { display: none; }
    """

    verdict = getters.query_one("#verdict", VerdictPane)
    audits = getters.query_one("#audits", AuditList)
    points = getters.query_one("#points", PointsPane)
    point = getters.query_one("#point", PointPane)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "measure", "Measure", id="audit.measure", tooltip="Measure the point at the cursor"),
        Binding("a", "measure_all", "All missing", id="audit.all", tooltip="Measure all that is missing"),
        Binding("s", "stop", "Stop", id="audit.stop", tooltip="Stop; trials that have finished are kept"),
        Binding("enter", "details", "Details", id="audit.details", tooltip="All numbers of this point"),
        Binding("n", "new", "New", id="audit.new", tooltip="Begin an audit"),
        Binding("d", "delete", "Delete", id="audit.delete", tooltip="Forget this audit, after asking"),
        Binding("escape", "leave", "List", id="audit.leave", tooltip="Back to the list of audits"),
    ]

    def body(self) -> ComposeResult:
        """The verdict above the list, or above the points and the one at the cursor."""
        yield VerdictPane(id="verdict")
        yield AuditList(id="audits")
        with Vertical(id="opened"):
            yield PointsPane(id="points")
            yield PointPane(id="point")

    def on_mount(self) -> None:
        """List the audits."""
        self.verdict.can_focus = False
        self._session.on_change = self._show
        self.audits.shown = self.app.mask.audit
        self._show()
        self._load()
        self._find_interpreters()

    @property
    def _session(self) -> AuditSession:
        return self.app.audit_session

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only keys that do something now are shown."""
        session = self._session
        opened = session.open_audit is not None
        match action:
            case "measure":
                ready = self.points.at_cursor is not None and self.points.at_cursor.fill is not None
                return (True if ready and not session.busy else None) if opened else False
            case "measure_all":
                ready = session.checklist is not None and bool(session.checklist.missing)
                return (True if ready and not session.busy else None) if opened else False
            case "stop":
                return bool(session.busy)
            case "details" | "leave":
                return opened
            case "delete":
                return not opened and self.audits.at_cursor is not None
        return True

    def reported(self) -> Reported | None:
        """The audit that is open, or the one at the cursor of the list."""
        audit = self._session.open_audit or self.audits.at_cursor
        return Reported(audit=audit) if audit else None

    # Keys

    def action_measure(self) -> None:
        """Measure the point at the cursor."""
        if self.points.at_cursor:
            self._measure([self.points.at_cursor.number])

    def action_measure_all(self) -> None:
        """Measure all that is missing."""
        self._measure(None)

    def action_stop(self) -> None:
        """Stop what is being measured."""
        self._session.stop()

    def action_details(self) -> None:
        """All numbers of the point at the cursor."""
        point = self.points.at_cursor
        if point:
            lines = [sentence(point.state), *point_lines(point)[1:]]
            title = f"{point.number}  {sentence(point.question)}"
            self.app.push_screen(TextDialog(title, [self.app.mask.text(line) for line in lines], wrap=True))

    @work(exclusive=True, group="dialog")
    async def action_new(self) -> None:
        """Begin an audit."""
        answer = await self.app.push_screen_wait(AuditDialog())
        if answer:
            await self._session.begin(*answer)

    @work(exclusive=True, group="dialog")
    async def action_delete(self) -> None:
        """Forget the audit at the cursor, after asking."""
        audit = self.audits.at_cursor
        if audit is None:
            return
        answers = [("y", say("yes, forget it; its runs and watches stay in the history"))]
        question = say("Delete audit {number}?", number=audit.id)
        if await self.app.push_screen_wait(ConfirmDialog(question, answers)):
            await self._session.delete(audit)

    @work(exclusive=True, group="load")
    async def action_leave(self) -> None:
        """Back to the list; what is being measured goes on."""
        await self._session.leave()

    # Messages

    @on(AuditList.Opened)
    def _opened(self, message: AuditList.Opened) -> None:
        self.points.at = 0
        self._open(message)

    @on(Table.Moved)
    def _moved(self, message: Table.Moved) -> None:
        if message.table is self.points:
            self.point.show_point(self.points.at_cursor)
        self.refresh_bindings()

    @on(HistoryOpened)
    @on(HistoryChanged)
    def _history_changed(self) -> None:
        self._load()

    @on(MaskChanged)
    def _mask_changed(self) -> None:
        self._show()

    @on(InterpretersFound)
    def _interpreters_found(self, message: InterpretersFound) -> None:
        self._session.interpreters = message.interpreters
        self._load()

    @work(exclusive=True, group="interpreters")
    async def _find_interpreters(self) -> None:
        """This tab is opened later than they were told."""
        if not self._session.interpreters:
            await self._session.find_interpreters()
            self._load()

    @work(exclusive=True, group="load")
    async def _open(self, message: AuditList.Opened) -> None:
        await self._session.open(message.audit)

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        await self._session.load()

    def _measure(self, numbers: list[int] | None) -> None:
        if self.app.session.live.busy:
            self.app.say(say("The Lab is measuring: press 1 and wait, or stop it there"))
            return
        self.app.run_worker(self._session.measure(numbers), group="audit", exclusive=False)

    # What is shown

    def _show(self) -> None:
        if not self.is_there:
            return
        session = self._session
        opened = session.open_audit is not None
        if opened != self.has_class("-opened"):
            self.set_class(opened, "-opened")
            self.call_after_refresh((self.points if opened else self.audits).focus)
        self.audits.list_audits(session.listed)
        checklist = self.app.mask.checklist(session.checklist) if session.checklist else None
        self.points.list_points(checklist, session.measuring)
        title = say("Points")
        if checklist is not None:
            total = len(checklist.points)
            title = say("{count} of {total} points measured", count=checklist.done, total=total)
        progress = session.progress
        self.points.entitle(title, progress_text(progress) if progress else "")
        self.point.show_point(self.points.at_cursor)
        self._show_verdict(checklist, opened)
        self.refresh_bindings()

    def _show_verdict(self, checklist: Checklist | None, opened: bool) -> None:
        session = self._session
        self.verdict.title = say("Audit")
        if opened and session.open_audit is not None:
            self.verdict.title = clean(self.app.mask.audit(session.open_audit).title)
        if checklist and checklist.verdict:
            self.verdict.show_verdict(checklist.verdict)
        elif opened:
            self.verdict.show_notes((say(NOTHING) if checklist else say("Looking."), "strong"))
        else:
            self.verdict.show_notes((say(CHOOSE if session.listed else NONE_YET), "strong"))


def progress_text(progress: Progress) -> str:
    """Such as `2 of 4: points 3, 4 · 37 % · 12 s left`."""
    if progress.stopping:
        return say("stopping")
    points = ", ".join(map(str, progress.points))
    parts = [
        some(
            "{number} of {total}: point {points}",
            "{number} of {total}: points {points}",
            len(progress.points),
            number=progress.number,
            total=progress.total,
            points=points,
        )
    ]
    parts += [percent(progress.share)] if progress.share else []
    parts += [left(progress.left_s)] if progress.left_s is not None else []
    return " · ".join(parts)
