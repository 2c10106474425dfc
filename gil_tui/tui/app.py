"""The application: tabs, keys that hold everywhere, themes, and a clean end."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from gil_tui.history import HistoryRow, StoreError
from gil_tui.lab.event_loop import FOR_A_SCREEN, ensure_descriptors
from gil_tui.lab.interpreters import Interpreter
from gil_tui.language import Language
from gil_tui.language.spoken import figure, say, speak, to_say
from gil_tui.report.hidden import own_names
from gil_tui.text import clean
from gil_tui.tui import reporting
from gil_tui.tui.bindings import spoken_key
from gil_tui.tui.caretaker import Caretaker
from gil_tui.tui.crash import ToldCrash
from gil_tui.tui.engine import Engine, Selection, real_engine
from gil_tui.tui.farewell import lab_lines, watch_lines
from gil_tui.tui.looking import looked_for
from gil_tui.tui.mask import Mask, MaskFilter
from gil_tui.tui.messages import (
    CatalogueFound,
    HistoryChanged,
    HistoryOpened,
    InterpretersFound,
    MaskChanged,
    RunChosen,
    StateChanged,
)
from gil_tui.tui.palette import SpokenPalette
from gil_tui.tui.reporting import Reporting
from gil_tui.tui.session import Session
from gil_tui.tui.start import Start
from gil_tui.tui.suspending import Suspending
from gil_tui.tui.tabs import TABS
from gil_tui.tui.terminal import is_gone, refuse_without_terminal
from gil_tui.tui.theme import default_theme, themes
from gil_tui.tui.widgets.now import cpus_text
from gil_tui.tui.wire import ThriftyApp

if TYPE_CHECKING:
    from gil_tui.tui.audit_session import AuditSession
    from gil_tui.tui.watch_session import WatchSession

WIDTHS = ((0, "-narrow"), (80, "-medium"), (120, "-wide"), (180, "-huge"))
HEIGHTS = ((0, "-short"), (22, "-low"), (34, "-tall"), (50, "-vast"))
"""From how many columns and lines on the screens carry which class."""
LOOK_EVERY_S = 2.0
PALETTE_GROUPS = {
    "app": to_say("App"),
    "lab": to_say("Lab"),
    "watch": to_say("Watch"),
    "history": to_say("History"),
    "audit": to_say("Audit"),
}
"""Keys of these groups are in the command palette, each by its name."""
ENDING_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


class GilTui(ToldCrash, ThriftyApp):
    """Is this Python program limited by the GIL, or by something else, and what should change?"""

    TITLE = "gil-tui"
    BINDING_GROUP_TITLE = "Everywhere"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {tab.mode: tab.make for tab in TABS}
    DEFAULT_MODE = TABS[0].mode
    ESCAPE_TO_MINIMIZE = False
    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                tab.key,
                f"tab('{tab.mode}')",
                tab.title,
                show=False,
                id=f"tab.{tab.mode}",
                tooltip=f"Open {tab.title}",
            )
            for tab in TABS
        ),
        Binding(
            "p",
            "picture",
            "Picture",
            priority=True,
            id="app.picture",
            tooltip="Save what is seen as SVG and PNG; its path is copied",
        ),
        Binding(
            "R",
            "report",
            "Report",
            id="app.report",
            tooltip="Write what is shown as a report, HTML and Markdown with data; its path is copied",
        ),
        Binding(
            "f1,question_mark", "help", "Help", id="app.help", tooltip="Keys, and help on what has the focus"
        ),
        Binding("escape", "hide_help_panel", "Close", show=False, id="help.close", tooltip="Close the help"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; trials that have finished are saved"),
        Binding(
            "ctrl+p",
            "command_palette",
            "Commands",
            priority=True,
            id="app.palette",
            tooltip="All that can be done, by its name",
        ),
        Binding(
            "P",
            "picture(True)",
            "Picture for print",
            show=False,
            priority=True,
            id="app.print",
            tooltip="The same on white, to be printed",
        ),
        Binding(
            "f2",
            "picture_of_typing",
            "Picture",
            show=False,
            priority=True,
            id="typing.picture",
            tooltip="A picture also where p would be typed",
        ),
        Binding(
            "k",
            "mask",
            "Mask",
            show=False,
            priority=True,
            id="app.mask",
            tooltip="Hide host, user, folders, arguments on the screen and in pictures, and back",
        ),
        Binding(
            "ctrl+c,ctrl+q",
            "interrupt",
            "Quit",
            show=False,
            priority=True,
            id="quit.now",
            tooltip="Leave",
        ),
    ]

    def __init__(self, engine: Engine, *, start: Start | None = None, theme: str | None = None) -> None:
        no_color = bool(os.environ.get("NO_COLOR"))
        # Without colour the terminal's own foreground and background are legible on any background.
        super().__init__(ansi_color=True if no_color else None)
        self.start_with = start or Start()
        self.mask = Mask(own_names(), on=self.start_with.redact)
        self._mask_filter = MaskFilter(self.mask)
        self.session = Session(engine, self, self.mask)
        self._watch_session: WatchSession | None = None
        self._audit_session: AuditSession | None = None
        self.farewell: tuple[str, ...] = ()
        self.caretaker: Caretaker | None = None
        self.asked_pid = self.start_with.pid
        self.cpus = engine.effective_cpus()
        self.HORIZONTAL_BREAKPOINTS = list(WIDTHS)
        self.VERTICAL_BREAKPOINTS = list(HEIGHTS)
        self._listeners: list[Screen[Any]] = []
        self._remarks: list[str] = []
        self._choose_theme(theme, default_theme(os.environ))

    def _choose_theme(self, asked: str | None, default: str) -> None:
        own = {theme.name: theme for theme in themes()}
        for name in self.available_themes:
            self.unregister_theme(name)
        for theme in own.values():
            self.register_theme(theme)
        if asked and asked not in own:
            names = ", ".join(own)
            remark = to_say("There is no theme {name}; there are {names}. This is {default}.")
            self._remarks.append(say(remark, name=clean(asked), names=names, default=default))
        self.theme = asked if asked in own else default

    # Life

    def on_load(self) -> None:
        """End as asked by the system, from before the terminal is changed."""
        loop = asyncio.get_running_loop()
        for number in ENDING_SIGNALS:
            loop.add_signal_handler(number, self._end_by_signal, number)
        if not self.is_headless and sys.__stderr__:
            self.caretaker = Caretaker(sys.__stderr__.fileno())

    def on_mount(self) -> None:
        """Everything slow waits for the first paint."""
        if self._driver and self._driver.can_suspend:
            suspending = Suspending(self._driver, self.caretaker, partial(self.refresh, layout=True))
            suspending.listen(asyncio.get_running_loop())
        self.set_interval(LOOK_EVERY_S, self._look_for_the_terminal)
        if self.asked_pid is not None:
            self.switch_mode("watch")
        self.call_after_refresh(self._settle_in)

    def _settle_in(self) -> None:
        if not self.is_headless:
            gc.enable()
            gc.freeze()
        for remark in self._remarks:
            self.say(remark, is_error=True)
        self._find_interpreters()
        self._open_history()
        self._look_for_plugins()

    @work(group="interpreters")
    async def _find_interpreters(self) -> None:
        found = await looked_for(self.session.engine.find_interpreters, self)
        if found is not None:
            self._tell(lambda: InterpretersFound(found))

    @work(group="catalogue")
    async def _look_for_plugins(self) -> None:
        found = await looked_for(self.session.engine.catalogue, self)
        if found is not None:
            self._tell(lambda: CatalogueFound(*found))

    @work(group="history")
    async def _open_history(self) -> None:
        await asyncio.to_thread(self.session.open_history)
        self._tell(HistoryOpened)

    def start(self, selection: Selection) -> None:
        """Run a sweep in the background."""
        if self.session.live.busy:
            return
        if self._audit_session and self._audit_session.busy:
            self.say(say("An audit is being measured: press 4 and wait, or stop it there"))
            return
        self.run_worker(self.session.run(selection), group="sweep", exclusive=True)

    async def action_quit(self) -> None:
        """Leave; a sweep under way is stopped and saved first."""
        await self._leave(0)

    async def action_interrupt(self) -> None:
        """Leave as a program does that Ctrl-C ends."""
        await self._leave(128 + signal.SIGINT)

    def _end_by_signal(self, number: int) -> None:
        self.run_worker(self._leave(128 + number), group="leaving", exclusive=True)

    def _look_for_the_terminal(self) -> None:
        """Whoever is not told by SIGHUP that the line has dropped has to look."""
        if not self.is_headless and is_gone():
            self._end_by_signal(signal.SIGHUP)

    async def _leave(self, code: int) -> None:
        hung_up = not self.is_headless and is_gone()
        if hung_up and isinstance(reading := getattr(self._driver, "exit_event", None), threading.Event):
            reading.set()  # else Textual's reading thread spins at the end of its input
        watched = self._watched_lines()
        self.leave_in_time(code)
        await self.close_sessions()
        kept = not self.session.history_why
        self.farewell = (*lab_lines(self.session.live, kept=kept), *watched)
        if hung_up:
            os._exit(code)  # Textual would wait for ever to write its farewell
        self.exit(code)

    async def close_sessions(self) -> None:
        """End all that was started for this screen; what has finished is kept."""
        if self._watch_session:
            await self._watch_session.close()
        if self._audit_session:
            await self._audit_session.close()
        await self.session.close()

    def _watched_lines(self) -> list[str]:
        session = self._watch_session
        if session is None or session.picture is None or session.subject is None:
            return []
        return watch_lines(session.picture.verdict, session.subject.pid, ended=session.ended)

    # What the session says

    def state_changed(self) -> None:
        """Tell all tabs."""
        self._tell(StateChanged)

    def history_changed(self) -> None:
        """Tell all tabs."""
        self._tell(HistoryChanged)

    def say(self, message: str, *, is_error: bool = False) -> None:
        """A line that appears for a while, literally."""
        severity: SeverityLevel = "error" if is_error else "warning"
        self.notify(self.mask.text(message), severity=severity, markup=False, timeout=8)

    def listen(self, screen: Screen[Any]) -> None:
        """Have this tab told of everything from now on."""
        self._listeners.append(screen)

    def _tell(self, make: Callable[[], Message]) -> None:
        for screen in self._listeners:
            screen.post_message(make())

    @on(RunChosen)
    async def _show_run(self, message: RunChosen) -> None:
        self.session.show_run(message.run_id)
        await self.action_tab("lab")

    # For the tabs

    @property
    def watch_session(self) -> "WatchSession":
        """What the Watch looks at; imported when that tab is first opened."""
        if self._watch_session is None:
            from gil_tui.tui.watch_session import WatchSession

            self._watch_session = WatchSession(self.session.engine.watching(), self, self.mask)
        return self._watch_session

    @property
    def audit_session(self) -> "AuditSession":
        """The audit that is open; imported when that tab is first opened."""
        if self._audit_session is None:
            from gil_tui.tui.audit_session import AuditSession

            self._audit_session = AuditSession(self.session.engine, lambda: self.session.history, self)
        return self._audit_session

    def facts(self) -> list[str]:
        """What the first line says of the host."""
        load = self.session.engine.load()
        cpus = cpus_text(self.cpus.cpus_online, self.cpus.count, self.cpus.limited_by)
        python = python_fact(self.session.engine.running_interpreter())
        facts = [self.mask.host(self.session.engine.host_name), cpus, python]
        return facts if load is None else [*facts, say("load {load}", load=figure(f"{load:.1f}"))]

    async def rows(
        self, filter: str = "", offset: int = 0, limit: int = 200, **order: Any
    ) -> list[HistoryRow]:
        """Runs of the history, read off the event loop; none where the store fails, which is said."""
        history = self.session.history
        if history is None:
            return []
        try:
            found = await asyncio.to_thread(history.rows, filter, limit, offset, **order)
            return self.mask.rows(found)
        except StoreError as error:
            self.say(clean(str(error)), is_error=True)
            return []

    # Keys

    async def action_tab(self, mode: str) -> None:
        """Open a tab."""
        if not isinstance(self.screen, ModalScreen):
            await self.switch_mode(mode)

    async def action_help(self) -> None:
        """Help on what has the focus, beside the keys; the same key closes it."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.screen.add_class("-help")
            self.action_show_help_panel()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters that mean something everywhere, over dialogs too, are typed where text is typed."""
        if action == "report":
            screen = self.screen
            return isinstance(screen, Reporting) and screen.is_mounted and screen.reported() is not None
        return not (action in ("picture", "mask") and isinstance(self.focused, Input))

    @work(group="picture")
    async def action_picture(self, for_print: bool = False) -> None:
        """Save what is seen."""
        from gil_tui.tui.camera import take

        await take(self, for_print=for_print)

    def action_picture_of_typing(self) -> None:
        """Save what is seen, text being typed or not."""
        self.action_picture()

    @work(group="report", exclusive=True)
    async def action_report(self) -> None:
        """Write what the open tab shows as a report."""
        reported = self.screen.reported() if isinstance(self.screen, Reporting) else None
        if reported:
            await reporting.write(self, reported)

    def action_mask(self) -> None:
        """Hide host, user, folders and arguments, or show them again."""
        self.mask.on = not self.mask.on
        for widget in every_widget(self):
            widget.notify_style_update()  # lines that were drawn before are kept by their styles
            widget.refresh()
        for make in (StateChanged, HistoryChanged, MaskChanged):
            self._tell(make)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Those of Textual, and the mask while it is on."""
        filters = super().get_line_filters()
        return [*filters, self._mask_filter] if self.mask.on else filters

    def action_command_palette(self) -> None:
        """All that can be done, by its name."""
        if not isinstance(self.screen, SpokenPalette):
            placeholder = say("Search for commands…")
            self.push_screen(SpokenPalette(placeholder=placeholder))

    def get_key_display(self, binding: Binding) -> str:
        """What a key is called in the key bar and in the help."""
        return spoken_key(super().get_key_display(binding))

    def action_hide_help_panel(self) -> None:
        """Close the help, where it is open."""
        self.screen.remove_class("-help")
        super().action_hide_help_panel()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: every key by its name, grouped by what it acts on, and the themes."""
        for tab in TABS:
            title = say("Go to: {tab}", tab=say(tab.title))
            yield SystemCommand(title, say("Tab {key}", key=tab.key), partial(self.action_tab, tab.mode))
        actions = {"command_palette"}
        for active in screen.active_bindings.values():
            binding = active.binding
            group = (binding.id or "").partition(".")[0]
            if active.enabled and group in PALETTE_GROUPS and binding.action not in actions:
                actions.add(binding.action)
                run = partial(self.run_action, binding.action, active.node)
                title = say("{group}: {action}", group=say(PALETTE_GROUPS[group]), action=binding.description)
                yield SystemCommand(title, binding.tooltip, run)
        for theme in self.available_themes:
            title = say("Theme: {name}", name=theme)
            yield SystemCommand(title, say("Change the colours"), partial(setattr, self, "theme", theme))


def every_widget(app: GilTui) -> Iterator[Widget]:
    """The widgets of all tabs and dialogs that are open."""
    for stack in app._screen_stacks.values():
        for screen in stack:
            yield from (node for node in screen.walk_children(with_self=True) if isinstance(node, Widget))


def python_fact(interpreter: Interpreter) -> str:
    """Such as `CPython 3.13.2, GIL on`."""
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(interpreter.implementation, interpreter.implementation)
    if interpreter.free_threaded:
        return say("{name} {version}, free-threaded", name=name, version=interpreter.version)
    return say("{name} {version}, GIL on", name=name, version=interpreter.version)


def run(
    start: Start | None = None,
    interpreters: Sequence[Interpreter] = (),
    *,
    no_mouse: bool = False,
    theme: str | None = None,
    language: Language | None = None,
) -> int:
    """Open the screen and stay until it is left; returns the exit code.

    `interpreters` are those that the person named, offered beside the ones that are found. The screen
    speaks `language`, English without one.
    Raises LabError where there is no terminal to draw on, naming the command that needs none.
    """
    refuse_without_terminal(os.environ)
    if language:
        speak(language)
    gc.disable()  # until the first paint, which is a tenth sooner for it
    app = GilTui(real_engine(interpreters), start=start, theme=theme)
    try:
        ensure_descriptors(FOR_A_SCREEN)
        code = app.run(mouse=not no_mouse)
    finally:
        gc.enable()
        if app.caretaker:
            app.caretaker.close()
    if app.crash:
        raise app.crash
    if app.farewell and sys.stdout.isatty():
        print(*app.farewell, sep="\n")
    return code or 0
