"""The Lab: choose, run, watch, chart."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer

from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Selection
from gil_tui.tui.lab_view import chart_view, notes_of, now_title, output_of, report_of, trial_text
from gil_tui.tui.messages import HistoryChanged, HistoryOpened, InterpretersFound, StateChanged
from gil_tui.tui.model import failures_of
from gil_tui.tui.widgets.chart import ChartPane
from gil_tui.tui.widgets.choices import Choices
from gil_tui.tui.widgets.key_bar import KeyBar
from gil_tui.tui.widgets.masthead import Masthead
from gil_tui.tui.widgets.now import Now, NowPane, rates_text
from gil_tui.tui.widgets.pickers import (
    DEFAULT_WORKLOAD,
    ExecutorPicker,
    InterpreterPicker,
    WorkersPicker,
    WorkloadPicker,
    counts_typed,
    experiments_of,
    offered_counts,
    selection_of,
    workload_typed,
)
from gil_tui.tui.widgets.run_bar import RunBar, progress_text
from gil_tui.tui.widgets.verdict import VerdictPane

LIVE_EVERY_S = 1.0
IDLE_EVERY_S = 2.0
SLOWLY, VERY_SLOWLY = 2, 4
"""Every so many ticks the progress, and the load of the host, are shown anew."""
STATE_TICKS = 2
"""Trials end faster than anybody reads: every so many ticks what they changed is shown."""
VIEWS = ("experiment", "chart", "now")
"""What a small terminal shows one at a time."""
RECENT_ROWS = 50


class Pickers(VerticalScroll, inherit_bindings=False):
    """Scrolls with the cursor; the keys belong to the pickers."""


class LabScreen(Screen[None]):
    """Wires the pickers to the session, and what the session says to the panes."""

    BINDING_GROUP_TITLE = "Lab"

    app = getters.app(GilTui)
    workloads = getters.query_one("#workload", WorkloadPicker)
    executors = getters.query_one("#executors", ExecutorPicker)
    workers_picker = getters.query_one("#workers", WorkersPicker)
    interpreters = getters.query_one("#interpreters", InterpreterPicker)
    run_bar = getters.query_one("#run", RunBar)
    verdict = getters.query_one("#verdict", VerdictPane)
    chart = getters.query_one("#chart", ChartPane)
    now = getters.query_one("#now", NowPane)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "Run", id="lab.run", tooltip="Run what is chosen, each in a process of its own"),
        Binding("s", "stop", "Stop", id="lab.stop", tooltip="Stop; trials that have finished are saved"),
        Binding("t", "measure", "Time", id="lab.measure", tooltip="Time instead of speed-up, and back"),
        Binding("e", "evidence", "Evidence", id="lab.evidence", tooltip="All numbers behind the verdict"),
        Binding("o", "output", "Output", id="lab.output", tooltip="What the program printed"),
        Binding("v", "view", "View", id="lab.view", tooltip="The next pane: choose, chart, now"),
        Binding("escape", "live", "Back", id="lab.live", tooltip="From the history back to the last sweep"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._measure = "speedup"
        self._timer: Timer | None = None
        self._pace_s = 0.0
        self._can: tuple[bool, ...] = ()
        self._ticks = 0
        self._shown_phase = ""
        self._is_stale = False

    def compose(self) -> ComposeResult:
        """Pickers at the left, the verdict above chart and live panes at the right."""
        yield Masthead("lab")
        with Horizontal(id="body"):
            with Vertical(id="experiment", classes="pane"):
                with Pickers(id="pickers", can_focus=False):
                    yield WorkloadPicker()
                    yield ExecutorPicker()
                    yield WorkersPicker()
                    yield InterpreterPicker()
                yield RunBar(id="run")
            with Vertical(id="right"):
                yield VerdictPane(id="verdict")
                with Horizontal(id="middle"):
                    yield ChartPane(id="chart")
                    yield NowPane(self.app.session.lanes, id="now")
        yield KeyBar()

    def on_mount(self) -> None:
        """Fill in what is known at once."""
        session = self.app.session
        self.add_class("-view-experiment")
        self.query_one("#experiment").border_title = "Experiment"
        self.workloads.offer(session.engine.workloads(), self.app.asked_workload or DEFAULT_WORKLOAD)
        self.workers_picker.add(offered_counts(self.app.cpus.count, self.app.cpus.cpus_online))
        self.interpreters.offer([session.engine.running_interpreter()])
        self._show_state()
        self._tick()
        self.query_one(Masthead).show_facts(self.app.facts())
        self.app.listen(self)

    def on_screen_suspend(self) -> None:
        """Another tab is shown: nothing here needs to move."""
        if self._timer:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """This tab is shown again."""
        if self._timer:
            self._timer.resume()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only keys that do something now are shown."""
        state = self.app.session.state
        match action:
            case "run":
                return not self.app.session.live.busy
            case "stop":
                return self.app.session.live.busy
            case "live":
                return self.app.session.past is not None
            case "evidence":
                return True if state.verdict else None
            case "output":
                return True if state.runs else None
            case "view":
                return self.one_at_a_time
        return True

    @property
    def one_at_a_time(self) -> bool:
        """True where the terminal is too small to show all panes."""
        return self.has_class("-narrow")

    @property
    def selection(self) -> Selection:
        """What the pickers hold."""
        return selection_of(self.workloads, self.executors, self.workers_picker, self.interpreters)

    # Keys

    def action_run(self) -> None:
        """Run the selection."""
        missing = self.selection.missing()
        if missing:
            self.app.say(missing, is_error=True)
            return
        self._view("chart")
        self.app.start(self.selection)

    def action_stop(self) -> None:
        """Stop the sweep."""
        self.app.session.stop()

    def action_measure(self) -> None:
        """Time instead of speed-up, and back."""
        self._measure = "time" if self._measure == "speedup" else "speedup"
        self._show_state()

    def action_evidence(self) -> None:
        """Everything behind the verdict."""
        self._read("Evidence", report_of(self.app.session.state), wrap=True)

    def action_output(self) -> None:
        """What the program printed."""
        self._read("Output", output_of(self.app.session.state))

    def action_view(self) -> None:
        """The next pane of a small terminal."""
        shown = next((view for view in VIEWS if self.has_class(f"-view-{view}")), VIEWS[0])
        self._view(VIEWS[(VIEWS.index(shown) + 1) % len(VIEWS)])

    def action_live(self) -> None:
        """Back from the history."""
        self.app.session.show_live()

    # Messages

    @on(Choices.Changed)
    def _selection_changed(self) -> None:
        self._show_state()

    @on(Choices.Opened, "#workload")
    def _own_code(self) -> None:
        def take(text: str | None) -> None:
            if text:
                self.workloads.offer(self.app.session.engine.workloads(), workload_typed(text))

        hint = "package.module:function or path/file.py:function"
        self._ask("Your own code", hint, workload_typed, take)

    @on(Choices.Opened, "#workers")
    def _own_counts(self) -> None:
        def take(text: str | None) -> None:
            if text:
                counts = counts_typed(text)
                self.workers_picker.add(counts, chosen=counts)
                self._show_state()

        self._ask("Numbers of workers", "such as 3, 6, 12", counts_typed, take)

    def _ask(
        self, title: str, hint: str, check: Callable[[str], object], take: Callable[[str | None], None]
    ) -> None:
        from gil_tui.tui.screens.dialogs import AskDialog

        self.app.push_screen(AskDialog(title, hint, check), take)

    def _read(self, title: str, lines: Sequence[str], *, wrap: bool = False) -> None:
        from gil_tui.tui.screens.dialogs import TextDialog

        self.app.push_screen(TextDialog(title, lines, wrap=wrap))

    @on(InterpretersFound)
    def _offer_interpreters(self, message: InterpretersFound) -> None:
        self.interpreters.offer(message.interpreters)

    @on(StateChanged)
    def _state_changed(self) -> None:
        live = self.app.session.live
        if live.busy and live.phase == self._shown_phase and not self.app.session.past:
            self._is_stale = True
        else:
            self._show_state()

    @on(HistoryOpened)
    async def _show_recent(self) -> None:
        from gil_tui.tui.widgets.history_table import HistoryTable

        table = HistoryTable(id="recent")
        table.border_title = "History"
        await self.query_one("#right").mount(table)
        self._load_recent()
        self._show_state()

    @on(HistoryChanged)
    def _history_changed(self) -> None:
        self._load_recent()

    @work(exclusive=True, group="recent")
    async def _load_recent(self) -> None:
        for table in self.query("#recent"):
            rows = await self.app.rows(limit=RECENT_ROWS)
            table.list_rows(rows)  # type: ignore[attr-defined]

    # What is shown

    def _view(self, name: str) -> None:
        for view in VIEWS:
            self.set_class(view == name, f"-view-{view}")
        target: Any = {"experiment": self.workloads, "chart": self.chart, "now": self.now}[name]
        if self.one_at_a_time:
            self.call_after_refresh(target.focus)

    def _show_state(self) -> None:
        session = self.app.session
        state = session.state
        self._shown_phase, self._is_stale = session.live.phase, False
        if state.verdict and not state.busy:
            self.verdict.show_verdict(state.verdict, failures_of(state.runs))
        else:
            self.verdict.show_notes(*notes_of(session, self.selection))
        view = chart_view(state, self._measure, self.app.cpus)
        self.chart.show_series(*view)
        rates = rates_text(session.live.frame, session.live.observer_share)
        self.now.entitle(now_title(self.app.cpus), rates)
        self._pace(LIVE_EVERY_S if session.live.busy else IDLE_EVERY_S)
        self._show_progress()
        self._refresh_keys()

    def on_resize(self) -> None:
        """A small terminal has a key more."""
        self.call_after_refresh(self._refresh_keys)

    def _refresh_keys(self) -> None:
        """The footer is built anew by this, so only when other keys can be used."""
        live, state = self.app.session.live, self.app.session.state
        is_past = self.app.session.past is not None
        can = (live.busy, is_past, not state.verdict, not state.runs, self.one_at_a_time)
        if can != self._can:
            is_first, self._can = not self._can, can
            if not is_first:
                self.refresh_bindings()

    def _pace(self, every_s: float) -> None:
        if every_s != self._pace_s:
            self._pace_s = every_s
            if self._timer:
                self._timer.stop()
            self._timer = self.set_interval(every_s, self._tick)
            self._tick()

    def _tick(self) -> None:
        session = self.app.session
        self._ticks += 1
        live = session.live
        self.now.sample(Now(session.engine.cores().busy, live.frame, live.busy, trial_text(live)))
        # Not all at once: Textual repaints the rectangle around everything that has changed.
        if self._ticks % SLOWLY == 1:
            self._show_progress()
        if self._is_stale and self._ticks % STATE_TICKS == 0:
            self._show_state()
        if self._ticks % VERY_SLOWLY == 2:
            self.query_one(Masthead).show_facts(self.app.facts())

    def _show_progress(self) -> None:
        live = self.app.session.live
        self.run_bar.show_state(live, experiments_of(self.selection))
        if self.one_at_a_time and live.busy:
            self.verdict.entitle("Verdict", progress_text(live))
