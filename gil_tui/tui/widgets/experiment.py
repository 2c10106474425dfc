"""The pane of the experiment: pickers, settings, what is at the cursor, and the key to run."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from gil_tui.lab.interpreters import Interpreter
from gil_tui.language.spoken import say, to_say
from gil_tui.text import clean
from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Executor, Known, Selection, Workload
from gil_tui.tui.lab_view import fields_for, settings_lines, shows_of, with_fitting_settings
from gil_tui.tui.model import LabState
from gil_tui.tui.offers import (
    Entry,
    about_lines,
    executor_entries,
    interpreter_entries,
    off_everywhere,
    refusal,
    workload_entries,
)
from gil_tui.tui.settings import Settings, said
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.tui.widgets.picker import Picker
from gil_tui.tui.widgets.pickers import (
    DEFAULT_EXECUTORS,
    DEFAULT_WORKLOAD,
    OWN,
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
from gil_tui.tui.widgets.run_bar import RunBar
from gil_tui.tui.widgets.verdict import wrapped

if TYPE_CHECKING:
    from gil_tui.tui.screens.chooser import MakeOwn

OWN_HINT = to_say("package.module:function or path/file.py:function")


class Pickers(VerticalScroll, inherit_bindings=False):
    """Scrolls with the cursor; the keys belong to the pickers."""


class ExperimentPane(Vertical):
    """What is to be run; tells when that changes."""

    @dataclass
    class Changed(Message):
        """Something else is chosen, or more is known of what can be."""

    app = getters.app(GilTui)
    workload_picker = getters.query_one(WorkloadPicker)
    executor_picker = getters.query_one(ExecutorPicker)
    workers_picker = getters.query_one(WorkersPicker)
    interpreter_picker = getters.query_one(InterpreterPicker)
    hint = getters.query_one("#hint", Lines)
    run_bar = getters.query_one(RunBar)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.settings: Settings = ()
        self.workloads: Sequence[Workload] = ()
        self._executors: Sequence[Executor] = ()
        self._interpreters: dict[str, Interpreter] = {}
        self._known: Known = {}
        self._pointed: tuple[Picker, str] | None = None

    def compose(self) -> ComposeResult:
        """Pickers above, what is at the cursor and the key to run below."""
        with Pickers(id="pickers", can_focus=False):
            yield WorkloadPicker()
            yield ExecutorPicker()
            yield WorkersPicker()
            yield InterpreterPicker()
        yield Lines(id="hint")
        yield RunBar(id="run")

    def begin(self, start: Start) -> None:
        """Offer what is known at once, and choose what the person asked for."""
        engine, cpus = self.app.session.engine, self.app.cpus
        self.workloads, self._executors = engine.workloads(), engine.executors()
        self.settings = start.settings
        self.workload_picker.label_of = lambda name: clean(self.app.mask.workload(name))
        self.workload_picker.offer(self.workloads, start.workloads or (DEFAULT_WORKLOAD,))
        self.executor_picker.offer(self._executors, start.executors or DEFAULT_EXECUTORS)
        self.workers_picker.add(offered_counts(cpus.count, cpus.cpus_online))
        if start.workers:
            self.workers_picker.take(start.workers)
        self.offer_interpreters([engine.running_interpreter()])

    # What is chosen

    @property
    def selection(self) -> Selection:
        """What the pickers hold, with the settings that belong to it."""
        chosen = selection_of(
            self.workload_picker,
            self.executor_picker,
            self.workers_picker,
            self.interpreter_picker,
            self.settings,
        )
        return with_fitting_settings(chosen, self.fields(chosen))

    @property
    def shown_selection(self) -> Selection:
        """The selection as it may be shown."""
        return self.app.mask.selection(self.selection)

    def fields(self, selection: Selection) -> list[Any]:
        """What can be set for a selection."""
        return fields_for(selection, self.workloads, self.app.session.engine.own())

    @property
    def shows(self) -> str:
        """What the chosen workload shows."""
        return shows_of(self.workloads, self.app.session.engine.own(), self.selection)

    def refusal(self) -> str:
        """Why this cannot be run, empty if it can."""
        selection = self.selection
        off = off_everywhere(selection.workloads, self._chosen_interpreters(), self._known)
        if selection.workloads and off == set(selection.workloads):
            return refusal(self._workload_entry(selection.workloads[0]))
        return selection.missing()

    def offer_interpreters(self, interpreters: Sequence[Interpreter]) -> None:
        """These were found."""
        self._interpreters = {one.key: one for one in interpreters}
        self.interpreter_picker.offer(interpreters, self.app.start_with.interpreters)
        self._look_what_is_available()

    def offer_catalogue(self, workloads: Sequence[Workload], executors: Sequence[Executor]) -> None:
        """There is more than what is built in."""
        if len(workloads) == len(self.workloads) and len(executors) == len(self._executors):
            return
        self.workloads, self._executors = workloads, executors
        self.workload_picker.offer(workloads, self.workload_picker.chosen)
        self.executor_picker.offer(executors, self.executor_picker.chosen)
        self._look_what_is_available()

    def show_state(self, state: LabState) -> None:
        """Show where the sweep stands, or what would run."""
        selection = self.selection
        settings = settings_lines(self.shown_selection, self.fields(selection))
        self.run_bar.show_state(state, experiments_of(selection), settings)

    # What is available

    def _chosen_interpreters(self) -> list[Interpreter]:
        chosen = self.interpreter_picker.chosen
        return [self._interpreters[key] for key in chosen if key in self._interpreters]

    @work(exclusive=True, group="availability")
    async def _look_what_is_available(self) -> None:
        names = [one.name for one in self.workloads], [one.name for one in self._executors]
        chosen = self._chosen_interpreters()
        unasked = [
            one
            for one in chosen
            if any((name, one.key) not in self._known for some in names for name in some)
        ]
        if unasked:
            found = await asyncio.to_thread(self.app.session.engine.availability, *names, unasked)
            self._known = self._known | found
        if self._is_whole:
            self._show_what_is_available()

    @property
    def _is_whole(self) -> bool:
        """False while the pane is taken down, widget by widget: a worker may outlive them."""
        parts = (WorkloadPicker, ExecutorPicker, WorkersPicker, InterpreterPicker, RunBar)
        return bool(self.query("#hint")) and all(self.query(part) for part in parts)

    def _show_what_is_available(self) -> None:
        chosen = self._chosen_interpreters()
        workloads, executors = [one.name for one in self.workloads], [one.name for one in self._executors]
        self.workload_picker.mark_unavailable(off_everywhere(workloads, chosen, self._known))
        self.executor_picker.mark_unavailable(off_everywhere(executors, chosen, self._known))
        self._tell()
        self.post_message(self.Changed())

    def _workload_entries(self) -> list[Entry]:
        return workload_entries(self.workloads, self._chosen_interpreters(), self._known)

    def _executor_entries(self) -> list[Entry]:
        return executor_entries(self._executors, self._chosen_interpreters(), self._known)

    def _workload_entry(self, name: str) -> Entry:
        own = Entry(name, OWN, name, about=(said(self.app.session.engine.own().shows),))
        return next((entry for entry in self._workload_entries() if entry.key == name), own)

    # What is at the cursor

    @on(Picker.Pointed)
    def _point(self, message: Picker.Pointed) -> None:
        self._pointed = (message.picker, message.key)
        self._tell()

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self._tell)

    def _tell(self) -> None:
        """Say what is at the cursor, where there is room for that."""
        width, height = self.hint.size
        rows: list[Row] = []
        entry = self._entry_at_cursor()
        for text, role in about_lines(self.app.mask.entry(entry)) if entry else []:
            rows += [((line, role),) for line in wrapped(text, width)]
        self.hint.show(rows[: max(0, height)])

    def _entry_at_cursor(self) -> Entry | None:
        picker, key = self._pointed or (None, "")
        if picker is self.executor_picker:
            return next((entry for entry in self._executor_entries() if entry.key == key), None)
        if picker is self.interpreter_picker and key in self._interpreters:
            return interpreter_entries([self._interpreters[key]])[0]
        chosen = self.workload_picker.chosen
        if len(chosen) > 1 and (picker is not self.workload_picker or key in chosen):
            return Entry("", "", "", about=(self.shows,))
        name = key if picker is self.workload_picker and key else next(iter(self.workload_picker.chosen), "")
        return self._workload_entry(name) if name else None

    # Dialogs

    @on(Picker.Changed)
    def _chosen_anew(self, message: Picker.Changed) -> None:
        if message.picker is self.interpreter_picker:
            self._look_what_is_available()
        self._tell()
        self.post_message(self.Changed())

    @on(Picker.Refused)
    def _refused(self, message: Picker.Refused) -> None:
        entry = next((one for one in self._executor_entries() if one.key == message.key), None)
        if entry:
            self.app.say(refusal(entry))

    @on(Picker.Opened, "#workload")
    def _open_workloads(self, message: Picker.Opened) -> None:
        picker = self.workload_picker
        if message.key == OWN:
            self._ask(say("Your own code"), say(OWN_HINT), workload_typed, self._take_own)
            return
        chosen = picker.chosen
        marked = chosen if len(chosen) > 1 else ()
        own = [self._workload_entry(name) for name in picker.own]
        entries = [*self._workload_entries(), *own]
        self._choose(
            say("Workload"), entries, marked, next(iter(chosen), ""), self._take_workloads, self._own_entry
        )

    @on(Picker.Opened, "#executors")
    def _open_executors(self) -> None:
        picker = self.executor_picker
        self._choose(say("Executors"), self._executor_entries(), picker.chosen, "", picker.take)

    @on(Picker.Opened, "#interpreters")
    def _open_interpreters(self) -> None:
        picker = self.interpreter_picker
        entries = interpreter_entries(list(self._interpreters.values()))
        self._choose(say("Python"), entries, picker.chosen, "", picker.take)

    @on(Picker.Opened, "#workers")
    def _open_workers(self) -> None:
        def take(text: str) -> None:
            self.workers_picker.add((), chosen=counts_typed(text))
            self.post_message(self.Changed())

        self._ask(say("Numbers of workers"), say("such as 3, 6, 12"), counts_typed, take)

    def open_settings(self) -> None:
        """Let the settings be changed."""
        from gil_tui.tui.screens.settings import SettingsDialog

        def take(settings: Settings | None) -> None:
            if settings is not None:
                self.settings = settings
                self.post_message(self.Changed())

        selection, engine = self.selection, self.app.session.engine
        names = ", ".join(clean(name) for name in self.shown_selection.workloads[:2])
        if len(selection.workloads) > 2:
            names = say("{names} and {count} more", names=names, count=len(selection.workloads) - 2)

        def check(settings: Settings) -> str:
            return engine.check(selection.workloads, settings)

        fields = self.fields(selection)
        self.app.push_screen(
            SettingsDialog(f"{say('Settings')} · {names}", fields, selection.settings, check), take
        )

    def _own_entry(self, typed: str) -> Entry | None:
        try:
            name = workload_typed(typed)
        except ValueError:
            return None
        return self.app.mask.entry(self._workload_entry(name))

    def _take_workloads(self, names: Sequence[str]) -> None:
        self.workload_picker.offer(self.workloads, names)
        self.post_message(self.Changed())

    def _take_own(self, text: str) -> None:
        self._take_workloads((workload_typed(text),))

    def _ask(
        self, title: str, hint: str, check: Callable[[str], object], take: Callable[[str], None]
    ) -> None:
        from gil_tui.tui.screens.dialogs import AskDialog

        self.app.push_screen(AskDialog(title, hint, check), lambda text: take(text) if text else None)

    def _choose(
        self,
        title: str,
        entries: Sequence[Entry],
        marked: Sequence[str],
        at: str,
        take: Callable[[Sequence[str]], None],
        make_own: "MakeOwn | None" = None,
    ) -> None:
        from gil_tui.tui.screens.chooser import ChooserDialog

        shown = [self.app.mask.entry(entry) for entry in entries]
        dialog = ChooserDialog(title, shown, marked, at, make_own)
        self.app.push_screen(dialog, lambda keys: take(keys) if keys else None)
