"""The Watch: choose a running process, and see what limits it."""

import asyncio
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input

from gil_tui.history import StoreError
from gil_tui.language.spoken import say, sentence
from gil_tui.text import clean
from gil_tui.tui import watch_view as view
from gil_tui.tui.messages import MaskChanged
from gil_tui.tui.screens.filtered import FilteredScreen, filter_key
from gil_tui.tui.widgets.gauge import GaugePane, GaugeView
from gil_tui.tui.widgets.process_list import ProcessList
from gil_tui.tui.widgets.threads import ThreadsPane
from gil_tui.tui.widgets.verdict import VerdictPane, verdict_report

LIVE_EVERY_S = 0.25
LIST_EVERY_S = 2.0
SLOWLY = 8
"""Every so many ticks the titles, which say what the instrument costs, are shown anew."""
VIEWS = ("gauge", "threads")
"""What a small terminal shows below the verdict, one at a time."""


class WatchScreen(FilteredScreen):
    """Wires the list of processes to the session, and the session to the panes."""

    BINDING_GROUP_TITLE = "Watch"
    TAB = "watch"
    AUTO_FOCUS = "#processes"

    processes = getters.query_one("#processes", ProcessList)
    verdict = getters.query_one("#verdict", VerdictPane)
    gauge = getters.query_one("#gauge", GaugePane)
    threads = getters.query_one("#threads", ThreadsPane)

    BINDINGS: ClassVar[list[BindingType]] = [
        filter_key("watch"),
        Binding("w", "again", "Watch again", id="watch.again", tooltip="Start the watcher anew"),
        Binding("v", "view", "View", id="watch.view", tooltip="The other pane: gauge, threads"),
        Binding("space", "freeze", "Freeze", id="watch.freeze", tooltip="Hold the view; measuring goes on"),
        Binding(
            "h,f", "functions", "Hot", id="watch.functions", tooltip="Name the functions that hold the GIL"
        ),
        Binding("e", "evidence", "Evidence", id="watch.evidence", tooltip="All numbers behind the verdict"),
        Binding(
            "left_square_bracket,left",
            "back(-1)",
            "Earlier",
            key_display="[",
            id="watch.back",
            tooltip="Back through the last 5 minutes",
        ),
        Binding(
            "right_square_bracket,right",
            "back(1)",
            "Later",
            show=False,
            key_display="]",
            id="watch.forth",
            tooltip="Towards now",
        ),
        Binding(
            "l,end,space",
            "follow",
            "Live",
            key_display="l",
            id="watch.live",
            tooltip="Back to what is measured now",
        ),
        Binding(
            "plus,equals_sign",
            "zoom(1)",
            "Window",
            key_display="+-",
            id="watch.longer",
            tooltip="Longer window",
        ),
        Binding("minus", "zoom(-1)", "Window", show=False, id="watch.shorter", tooltip="Shorter window"),
        Binding(
            "s", "keep", "Keep", id="watch.keep", tooltip="Keep what is seen in the history, for an audit"
        ),
        Binding("escape", "leave", "List", id="watch.leave", tooltip="Back to the list of processes"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reader = self.app.watch_session.engine.processes_reader()
        self._order = view.ThreadOrder()
        self._picture: object = None
        self._judged = True
        self._told: tuple[object, ...] = ()
        self._names: dict[int, str] = {}
        self._timer: Timer | None = None
        self._pace_s = 0.0
        self._can: tuple[object, ...] = ()
        self._ticks = 0

    def body(self) -> ComposeResult:
        """The list with its filter, or the verdict above gauge and threads."""
        with Vertical(id="choose"):
            yield Input(
                placeholder=say("filter: words such as  gunicorn 3.12 www-data"), id="filter", compact=True
            )
            yield ProcessList(id="processes")
        with Vertical(id="subject"):
            yield VerdictPane(id="verdict")
            with Horizontal(id="live"):
                yield GaugePane(id="gauge")
                yield ThreadsPane(id="threads")

    def on_mount(self) -> None:
        """Show the list, or the process that was asked for."""
        self.add_class("-view-gauge")
        self._arrange()
        self._tick()
        if self.app.asked_pid is not None:
            self._watch(self.app.asked_pid)

    async def on_screen_suspend(self) -> None:
        """Behind another tab nothing is measured but for a frozen view; a dialog changes nothing."""
        if self.app.current_mode == "watch":
            return
        if self._timer:
            self._timer.pause()
        if self.app.watch_session.live:
            self.app.watch_session.pause()

    async def on_screen_resume(self) -> None:
        """This tab is shown again."""
        if self._timer:
            self._timer.resume()
        session = self.app.watch_session
        if session.paused:
            await session.again()
        self._arrange()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only keys that do something now are shown."""
        session = self.app.watch_session
        chosen = session.subject is not None
        match action:
            case "filter":
                return not chosen and super().check_action(action, parameters)
            case "again":
                return chosen and bool(session.why_not) and not session.ended
            case "freeze":
                return chosen and session.live and not session.ended
            case "follow":
                return chosen and not session.live
            case "functions":
                return True if session.picture and session.measuring else None if chosen else False
            case "evidence" | "keep":
                return True if session.picture else None if chosen else False
            case "back" | "zoom":
                return chosen
            case "leave":
                return chosen or self.filter.has_focus or bool(self.filter.value)
            case "view":
                return chosen and self.has_class("-narrow")
        return True

    # Keys

    async def action_again(self) -> None:
        """Start the watcher anew."""
        await self.app.watch_session.again()
        self._show()

    def action_freeze(self) -> None:
        """Hold the view, or follow again."""
        self.app.watch_session.freeze()
        self._show()

    def action_functions(self) -> None:
        """Name the functions that hold the GIL."""
        self.app.watch_session.name_functions()
        self._show()

    @work(exclusive=True, group="evidence")
    async def action_evidence(self) -> None:
        """Everything behind the verdict."""
        from gil_tui.tui.screens.dialogs import TextDialog

        await self.app.watch_session.until_judged()
        picture = self.app.watch_session.picture
        if picture and self.is_there:
            lines = verdict_report(view.verdict_shown(picture))
            self.app.push_screen(TextDialog(say("Evidence"), lines, wrap=True))

    @work(group="keep")
    async def action_keep(self) -> None:
        """Keep the window that is looked at in the history."""
        await self.app.watch_session.until_judged()
        document, history = self.app.watch_session.document(), self.app.session.history
        if document is None or history is None:
            return
        from gil_tui.history.audits import Audits

        try:
            number = await asyncio.to_thread(Audits(history).keep_watch, document)
        except StoreError as error:
            self.app.say(sentence(clean(str(error))), is_error=True)
            return
        self.app.say(say("Kept as watch {number}: an audit of the same command finds it", number=number))

    def action_back(self, steps: int) -> None:
        """Move through the last minutes."""
        self.app.watch_session.move(steps)
        self._show()

    def action_follow(self) -> None:
        """Back to now."""
        self.app.watch_session.follow()
        self._show()

    def action_zoom(self, step: int) -> None:
        """A longer or shorter window."""
        self.app.watch_session.zoom(step)
        self._show()

    def action_view(self) -> None:
        """The other pane of a small terminal."""
        shows_gauge = self.has_class("-view-gauge")
        self.set_class(not shows_gauge, "-view-gauge")
        self.set_class(shows_gauge, "-view-threads")
        self.call_after_refresh((self.threads if shows_gauge else self.gauge).focus)

    async def action_leave(self) -> None:
        """Back to the list; there, leave the filter, or clear it."""
        if self.app.watch_session.subject is not None:
            await self.app.watch_session.leave()
            self._arrange()
            self._tick()
        elif self.filter.has_focus:
            self.processes.focus()
        else:
            self.filter.value = ""

    # Messages

    @on(Input.Changed, "#filter")
    def _filter(self) -> None:
        self.processes.filter(self.filter.value)

    @on(Input.Submitted, "#filter")
    def _to_the_list(self) -> None:
        self.processes.focus()

    @on(MaskChanged)
    def _mask_changed(self) -> None:
        self._tick()
        self._show()

    @on(ProcessList.Chosen)
    def _chosen(self, message: ProcessList.Chosen) -> None:
        if message.process.watchable:
            self._watch(message.process.pid)
        else:
            self.app.say(sentence(clean(message.process.why)), is_error=True)

    @work(exclusive=True, group="watch")
    async def _watch(self, pid: int) -> None:
        self.app.asked_pid = None
        watching = asyncio.ensure_future(self.app.watch_session.watch(pid))
        await asyncio.sleep(0)
        self._arrange()
        await watching
        self._arrange()
        self._tick()

    # What is shown

    def _arrange(self) -> None:
        """The list, or the process."""
        if not self.is_there:
            return
        session = self.app.watch_session
        chosen = session.subject is not None
        if chosen != self.has_class("-subject"):
            self.set_class(chosen, "-subject")
            self._order = view.ThreadOrder()
            self._picture, self._told, self._names = None, (), {}
            self.threads.clear()
            self.call_after_refresh((self.threads if chosen else self.processes).focus)
        self._pace(LIVE_EVERY_S if chosen else LIST_EVERY_S)
        self._refresh_keys()

    def _pace(self, every_s: float) -> None:
        if every_s != self._pace_s:
            self._pace_s = every_s
            if self._timer:
                self._timer.stop()
            self._timer = self.set_interval(every_s, self._tick)

    def _refresh_keys(self) -> None:
        """The footer is built anew by this, so only when other keys can be used."""
        session = self.app.watch_session
        can = (
            session.subject,
            session.live,
            session.ended,
            session.why_not,
            bool(session.picture),
            session.measuring,
        )
        if can != self._can:
            self._can = can
            self.refresh_bindings()

    def _tick(self) -> None:
        if not self.is_there:
            return
        if self.app.watch_session.subject is None:
            self._read_list()
            return
        self._ticks += 1
        waited = not self._judged
        self._judge()
        if waited and self._judged:
            self._show_all()
            return
        # Not all at once: Textual repaints the rectangle around everything that has changed.
        if self._ticks % 2:
            self._show_gauge()
        elif self._ticks % 4 == 0 or not self.threads.is_long:
            self._show_threads()
        if self._ticks % SLOWLY == 1:
            self._show_titles()

    @work(exclusive=True, group="list")
    async def _read_list(self) -> None:
        processes = await asyncio.to_thread(self._reader)
        if self.is_there:
            self.processes.list_processes(self.app.mask.processes(processes))
            self.show_facts()

    def _show(self) -> None:
        """Everything at once, after a key."""
        if not self.is_there or self.app.watch_session.subject is None:
            return
        self._judge()
        self._show_all()

    def _show_all(self) -> None:
        self._show_gauge()
        self._show_threads()
        self._show_titles()

    def _judge(self) -> None:
        session = self.app.watch_session
        session.tick()
        self._judged = session.judged
        if session.picture is not self._picture:
            self._picture = session.picture
            self._names = view.names_of(session)
            self.threads.list_threads(self._order.rows(session.picture, session))
        self._show_verdict()
        self._refresh_keys()

    def _show_gauge(self) -> None:
        session = self.app.watch_session
        observation = session.picture.observation if session.picture else None
        gils = session.picture.gils if session.picture else ()
        window = view.length_text(session.window_s) if session.judged else view.before_text()
        self.gauge.sample(GaugeView(session.now(), gils, observation, window, self._names))

    def _show_threads(self) -> None:
        session, threads = self.app.watch_session, self.threads
        threads.of_before = not session.judged
        axis = threads.look_at(session.window_s, session.view_end_s, session.live, session.frames.first_s)
        threads.sample(session.frames.between(axis.start_s, min(axis.end_s, session.view_end_s)))

    def _show_titles(self) -> None:
        session, width = self.app.watch_session, self.threads.size.width
        self.gauge.entitle(view.subject_title(session), view.measured_text(session))
        self.threads.entitle(view.threads_title(session, width), view.rates_text(session.now(), width))

    def _show_verdict(self) -> None:
        session = self.app.watch_session
        mask = self.app.mask
        title = mask.text(view.verdict_title(session))
        notes = [(mask.text(text), role) for text, role in view.notes_of(session)]
        told = (session.picture, title, tuple(notes))
        if told == self._told:
            return
        self._told, self.verdict.title = told, title
        if session.picture:
            why = sentence(session.why_not)
            failures = [mask.text(say("{why}; press w to go on", why=why))] if why else []
            self.verdict.show_verdict(view.verdict_shown(session.picture), failures)
        else:
            self.verdict.show_notes(*notes)
