"""The Lab: choose, run, watch, chart."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from gil_tui.lab.records import Run
from gil_tui.language.spoken import say
from gil_tui.tui.engine import Selection
from gil_tui.tui.foretelling import Foretold, Wanted, runs_of, wanted_bounds
from gil_tui.tui.lab_view import (
    chart_view,
    notes_of,
    now_title,
    output_of,
    report_of,
    settled_view,
    trial_text,
)
from gil_tui.tui.messages import (
    CatalogueFound,
    HistoryChanged,
    HistoryOpened,
    InterpretersFound,
    StateChanged,
)
from gil_tui.tui.model import best_of, failures_of, parts_of, skipped_of
from gil_tui.tui.reporting import Reported
from gil_tui.tui.screens.tab import TabScreen
from gil_tui.tui.series import (
    WORKERS,
    WORKLOADS,
    View,
    axes_of,
    comparable,
    pythons_to_show,
    workloads_of,
    workloads_to_show,
)
from gil_tui.tui.widgets.chart import ChartPane
from gil_tui.tui.widgets.experiment import ExperimentPane
from gil_tui.tui.widgets.key_bar import KeyBar
from gil_tui.tui.widgets.now import Now, NowPane, rates_text
from gil_tui.tui.widgets.parts import part_rows
from gil_tui.tui.widgets.run_bar import doing_text, progress_text
from gil_tui.tui.widgets.verdict import VerdictPane
from gil_tui.tui.wording import enumerated

LIVE_EVERY_S = 1.0
IDLE_EVERY_S = 2.0
SLOWLY, VERY_SLOWLY = 2, 4
"""Every so many ticks the progress, and the load of the host, are shown anew."""
STATE_TICKS = 2
"""Trials end faster than anybody reads: every so many ticks what they changed is shown."""
VIEWS = ("experiment", "chart", "now")
"""What a small terminal shows one at a time."""
RECENT_ROWS = 50


class LabScreen(TabScreen):
    """Wires the pickers to the session, and what the session says to the panes."""

    BINDING_GROUP_TITLE = "Lab"
    TAB = "lab"

    experiment = getters.query_one("#experiment", ExperimentPane)
    verdict = getters.query_one("#verdict", VerdictPane)
    chart = getters.query_one("#chart", ChartPane)
    now = getters.query_one("#now", NowPane)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "Run", id="lab.run", tooltip="Run what is chosen, each in a process of its own"),
        Binding("s", "stop", "Stop", id="lab.stop", tooltip="Stop; trials that have finished are saved"),
        Binding(
            "n",
            "next",
            "Try next",
            id="lab.next",
            tooltip="The numbers of workers among which the best may be, beside the best so far",
        ),
        Binding("v", "view", "View", id="lab.view", tooltip="The next pane: choose, chart, now"),
        Binding(
            "left_square_bracket",
            "cores(-1)",
            "Fewer cores",
            show=False,
            id="lab.fewer_cores",
            tooltip="The bound for a machine with fewer cores",
        ),
        Binding(
            "right_square_bracket",
            "cores(1)",
            "Cores",
            key_display="[]",
            id="lab.cores",
            tooltip="The bound for a machine with more cores",
        ),
        Binding(
            "comma",
            "settings",
            "Settings",
            key_display=",",
            id="lab.settings",
            tooltip="Size, repeats, knobs",
        ),
        Binding("t", "measure", "Time", id="lab.measure", tooltip="Time instead of speed-up, and back"),
        Binding("x", "axis", "Axis", id="lab.axis", tooltip="Workers, Pythons or workloads on the x axis"),
        Binding("i", "python", "Python", id="lab.python", tooltip="The next interpreter in the chart"),
        Binding("w", "workload", "Workload", id="lab.workload", tooltip="The next workload in the chart"),
        Binding("e", "evidence", "Evidence", id="lab.evidence", tooltip="All numbers behind the verdict"),
        Binding("o", "output", "Output", id="lab.output", tooltip="What the program printed"),
        Binding("z", "zoom", "Zoom", id="lab.zoom", tooltip="The chart alone, and back"),
        Binding("escape", "live", "Back", id="lab.live", tooltip="From the history back to the last sweep"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view_wanted = View()
        self._view_shown = View()
        self._timer: Timer | None = None
        self._pace_s = 0.0
        self._foretold = Foretold()
        self._foretelling: Wanted | None = None
        self._can: tuple[object, ...] = ()
        self._ticks = 0
        self._shown_phase = ""
        self._is_stale = False

    def body(self) -> ComposeResult:
        """Pickers at the left, the verdict above chart and live panes at the right."""
        with Horizontal(id="body"):
            yield ExperimentPane(id="experiment", classes="pane")
            with Vertical(id="right"):
                yield VerdictPane(id="verdict")
                with Horizontal(id="middle"):
                    yield ChartPane(id="chart")
                    yield NowPane(self.app.session.lanes, id="now")

    def on_mount(self) -> None:
        """Fill in what is known at once."""
        self.add_class("-view-experiment")
        self.experiment.border_title = say("Experiment")
        self.experiment.begin(self.app.start_with)
        self._foretold.begin(self.app.start_with.cores, self.app.cpus.count)
        self._show_state()
        self._tick()

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
            case "next":
                return bool(self._next_workers)
            case "cores":
                return any(run.walls_s for run in state.runs) and self._view_shown.axis == WORKERS
            case "live":
                return self.app.session.past is not None
            case "evidence":
                return True if state.verdict else None
            case "output":
                return True if state.runs else None
            case "view":
                return self.one_at_a_time
            case "axis":
                return len(axes_of(state.runs)) > 1
            case "python":
                return len(pythons_to_show(self._view_shown, state.runs)) > 1
            case "workload":
                return len(workloads_of(state.runs)) > 1
            case "zoom":
                return bool(state.runs) or self._is_zoomed
        return True

    def reported(self) -> Reported | None:
        """The sweep that is shown, once it has ended."""
        state = self.app.session.state
        known = state.sweep_id and any(run.walls_s for run in state.runs)
        return Reported((state.sweep_id,)) if known and not state.busy else None

    @property
    def one_at_a_time(self) -> bool:
        """True where the terminal is too small to show all panes."""
        return self.has_class("-narrow")

    @property
    def selection(self) -> Selection:
        """What the pickers hold."""
        return self.experiment.selection

    # Keys

    def action_run(self) -> None:
        """Run the selection."""
        refused = self.experiment.refusal()
        if refused:
            self.app.say(refused, is_error=True)
            return
        self._view_wanted = View(self._view_wanted.measure)
        self._view("chart")
        self.app.start(self.selection)

    def action_next(self) -> None:
        """Run the numbers of workers that the recommendation asks for."""
        selection = self.app.session.following(self._view_shown.workload)
        if selection is None:
            self.app.say(say("The run that this is about is not there any more."), is_error=True)
            return
        self._view_wanted = View(self._view_wanted.measure)
        self._view("chart")
        self.app.start(selection)

    def action_cores(self, by: int) -> None:
        """The bound for a machine with more cores, or fewer."""
        self._foretold.step(by, self.app.cpus.count)
        self._show_state()

    def action_stop(self) -> None:
        """Stop the sweep."""
        self.app.session.stop()

    def action_measure(self) -> None:
        """Time instead of speed-up, and back."""
        self._look(measure="time" if self._view_wanted.measure == "speedup" else "speedup")

    def action_axis(self) -> None:
        """Something else on the x axis."""
        self._look(axis=_next(axes_of(self.app.session.state.runs), self._view_shown.axis))

    def action_python(self) -> None:
        """The next interpreter."""
        pythons = pythons_to_show(self._view_shown, self.app.session.state.runs)
        self._look(axis=self._view_shown.axis, python=_next(pythons, self._view_shown.python))

    def action_workload(self) -> None:
        """The next workload; from all of them on the x axis to the first one."""
        runs = self.app.session.state.runs
        workloads = workloads_to_show(self._view_shown, runs)
        if workloads:
            at = workloads.index(self._view_shown.workload)
            if at + 1 == len(workloads):
                self._look(axis=WORKLOADS, workload="")
            else:
                self._look(workload=workloads[at + 1])
        else:
            self._look(axis=WORKERS, workload=workloads_of(runs)[0])

    def action_settings(self) -> None:
        """Change size, repeats and knobs."""
        self.experiment.open_settings()

    def action_zoom(self) -> None:
        """The chart alone, or everything again."""
        self.set_class(not self._is_zoomed, "-zoom")
        self.chart.focus()

    @property
    def _is_zoomed(self) -> bool:
        return self.has_class("-zoom")

    def _look(self, **wanted: str) -> None:
        """Look at the runs in another way."""
        self._view_wanted = replace(self._view_wanted, **wanted)
        self._show_state()

    @work(exclusive=True, group="dialog")
    async def action_evidence(self) -> None:
        """Everything behind the verdict."""
        lines = await asyncio.to_thread(report_of, self.app.session.state, self._foretold.cores)
        self._read(say("Evidence"), lines, wrap=True)

    def action_output(self) -> None:
        """What the program printed."""
        self._read(say("Output"), output_of(self.app.session.state))

    def action_view(self) -> None:
        """The next pane of a small terminal."""
        shown = next((view for view in VIEWS if self.has_class(f"-view-{view}")), VIEWS[0])
        self._view(VIEWS[(VIEWS.index(shown) + 1) % len(VIEWS)])

    def action_live(self) -> None:
        """Back from the history."""
        self.app.session.show_live()

    # Messages

    @on(ExperimentPane.Changed)
    def _selection_changed(self) -> None:
        self._show_state()

    def _read(self, title: str, lines: Sequence[str], *, wrap: bool = False) -> None:
        from gil_tui.tui.screens.dialogs import TextDialog

        self.app.push_screen(TextDialog(title, lines, wrap=wrap))

    @on(InterpretersFound)
    def _offer_interpreters(self, message: InterpretersFound) -> None:
        self.experiment.offer_interpreters(message.interpreters)

    @on(CatalogueFound)
    def _offer_catalogue(self, message: CatalogueFound) -> None:
        self.experiment.offer_catalogue(message.workloads, message.executors)

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
        table.border_title = say("History")
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
            if self.is_there:
                table.list_rows(rows)  # type: ignore[attr-defined]

    # What is shown

    def _view(self, name: str) -> None:
        for view in VIEWS:
            self.set_class(view == name, f"-view-{view}")
        target: Any = {"experiment": self.experiment.workload_picker, "chart": self.chart, "now": self.now}[
            name
        ]
        if self.one_at_a_time:
            self.call_after_refresh(target.focus)

    def _show_state(self) -> None:
        if not self.is_there:
            return
        session = self.app.session
        state = session.state
        self._shown_phase, self._is_stale = session.live.phase, False
        units = {one.name: one.size_unit for one in self.experiment.workloads}
        self._view_shown = settled_view(state, self._view_wanted)
        self._show_verdict(units)
        self._show_chart(units)
        rates = rates_text(session.live.frame, session.live.observer_share)
        self.now.entitle(now_title(self.app.cpus), rates)
        self._pace(LIVE_EVERY_S if session.live.busy else IDLE_EVERY_S)
        self._show_progress()
        self._refresh_keys()

    def _show_chart(self, units: Mapping[str, str]) -> None:
        state, view, cores = self.app.session.state, self._view_shown, self._foretold.cores
        wanted = wanted_bounds(state, view, cores)
        bounds = self._foretold.fits(wanted)
        self.chart.show_chart(chart_view(state, view, self.app.cpus, units, bounds, cores))
        if wanted and self._foretold.is_open(wanted) and wanted != self._foretelling:
            self._foretelling = wanted
            self._foretell(wanted, runs_of(wanted, state.runs))

    @work(exclusive=True, group="bounds")
    async def _foretell(self, wanted: Wanted, runs: Sequence[Run]) -> None:
        bounds = self.app.session.engine.bounds
        self._foretold.keep(wanted, await asyncio.to_thread(bounds, runs, wanted.cpus, wanted.executors))
        self._foretelling = None
        self._show_state()

    @property
    def _next_workers(self) -> Sequence[int]:
        """What the recommendation for the shown workload asks to be measured; empty while a sweep runs."""
        session = self.app.session
        best = None if session.live.busy else best_of(session.state, self._view_shown.workload)
        return tuple(best.get("next_workers") or ()) if best else ()

    def _show_verdict(self, units: Mapping[str, str]) -> None:
        """One verdict, or a line for each of several workloads, or what there is to say without one."""
        state, view = self.app.session.state, self._view_shown
        skipped = [f"– {line}" for line in skipped_of(state.runs)]
        several = len(workloads_of(state.runs)) > 1 and state.phase != "shown"
        self.set_class(several, "-several")
        own = dict(state.parts).get(view.workload)
        if several and view.axis != WORKLOADS and own and own.verdict and not state.busy:
            failures = [*failures_of(own.runs), *skipped_of(own.runs)]
            self.verdict.show_verdict(own.verdict, failures, best_of(state, view.workload))
        elif several:
            parts = parts_of(state, comparable(state.runs, units))
            lines = [(line, "state-gil") for line in failures_of(state.runs)]
            lines += [(line, "muted") for line in skipped]
            code, sentence = (state.verdict.code, state.verdict.sentence) if state.verdict else ("", "")
            if state.busy:
                code, sentence = "", doing_text(state)
            self.verdict.show_rows(partial(part_rows, parts, sentence, lines), code)
        elif state.verdict and not state.busy:
            best = None if state.run else best_of(state, view.workload)
            self.verdict.show_verdict(state.verdict, [*failures_of(state.runs), *skipped], best)
        else:
            notes = notes_of(
                self.app.session, self.experiment.shown_selection, self.experiment.shows, view.python
            )
            self.verdict.show_notes(*notes, *((line, "muted") for line in skipped))

    def on_resize(self) -> None:
        """A small terminal has a key more."""
        self.call_after_refresh(self._refresh_keys)

    def _refresh_keys(self) -> None:
        """The footer is built anew by this, so only when other keys can be used."""
        live, state = self.app.session.live, self.app.session.state
        is_past = self.app.session.past is not None
        several = (len(axes_of(state.runs)), len(pythons_to_show(self._view_shown, state.runs)))
        wanted = self._next_workers
        counts = enumerated([str(count) for count in wanted])
        self.query_one(KeyBar).say("next", say("Try {counts} next", counts=counts))
        measured = any(run.walls_s for run in state.runs) and self._view_shown.axis == WORKERS
        nothing = not state.verdict, not state.runs, self.one_at_a_time
        can = (live.busy, is_past, *nothing, *several, bool(wanted), measured)
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
        if not self.is_there:
            return
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
            self.show_facts()

    def _show_progress(self) -> None:
        live = self.app.session.live
        self.experiment.show_state(live)
        if self.one_at_a_time and live.busy:
            self.verdict.entitle(say("Verdict"), progress_text(live))


def _next(options: Sequence[str], at: str) -> str:
    """The option after `at`, round again at the end."""
    return options[(options.index(at) + 1) % len(options)] if at in options else next(iter(options), "")
