"""The History: every run, to be filtered, sorted, shown again, read and deleted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, TypeVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input
from textual.worker import Worker

from gil_tui.history import History, NoSuchRunError, StoreError
from gil_tui.lab.errors import LabError
from gil_tui.lab.records import UNAVAILABLE, Run
from gil_tui.language.spoken import say, sentence, some
from gil_tui.text import clean
from gil_tui.tui import comparison, details
from gil_tui.tui.messages import HistoryChanged, HistoryOpened, MaskChanged
from gil_tui.tui.model import failure_text
from gil_tui.tui.reporting import Reported
from gil_tui.tui.run_list import Query, RunList
from gil_tui.tui.screens.dialogs import ConfirmDialog, TextDialog
from gil_tui.tui.screens.filtered import FilteredScreen, filter_key
from gil_tui.tui.series import python_of
from gil_tui.tui.widgets.history_columns import next_order
from gil_tui.tui.widgets.history_table import HistoryTable
from gil_tui.tui.widgets.verdict import VerdictPane
from gil_tui.verdict.model import Verdict

T = TypeVar("T")

SLOW_S = 0.03
"""When the store has not answered until then, the person sees that it searches."""
LOOK_EVERY_S = 2.0
"""So soon what another instance keeps is seen."""
REST = 19
"""Times the CPU that it took to list the runs, they are not listed again for a sweep that is measured."""


class HistoryScreen(FilteredScreen):
    """Wires the filter, the table and the store."""

    BINDING_GROUP_TITLE = "History"
    TAB = "history"

    table = getters.query_one("#runs", HistoryTable)
    verdict = getters.query_one("#verdict", VerdictPane)

    AUTO_FOCUS = "#runs"
    _runs: RunList | None = None
    _listed: Query | None = None
    """What the rows in the table were asked by."""
    _lists = 0
    """Lists that were shown so far."""
    _lister: Worker[None] | None = None
    _is_outdated = False
    _is_loading = False
    _searches = 0
    BINDINGS: ClassVar[list[BindingType]] = [
        filter_key("history"),
        Binding("i", "details", "Details", id="history.details", tooltip="All that is known of this run"),
        Binding("o", "output", "Output", id="history.output", tooltip="What its program printed"),
        Binding("m", "mark", "Mark", id="history.mark", tooltip="Mark this run, to compare it with another"),
        Binding("c", "compare", "Compare", id="history.compare", tooltip="The two marked runs"),
        Binding(
            "C",
            "compare_sweeps",
            "Compare sweeps",
            show=False,
            id="history.compare_sweeps",
            tooltip="The sweeps of the two marked runs, experiment by experiment",
        ),
        Binding("d", "delete", "Delete", id="history.delete", tooltip="Forget this run, after asking"),
        Binding(
            "less_than_sign",
            "order(-1)",
            "Sort",
            show=False,
            id="history.order_back",
            tooltip="Sort by the column before",
        ),
        Binding(
            "greater_than_sign",
            "order(1)",
            "Sort",
            key_display="<>",
            id="history.order",
            tooltip="Sort by the next column",
        ),
        Binding(
            "minus",
            "reverse",
            "Reverse",
            show=False,
            key_display="-",
            id="history.reverse",
            tooltip="The other end first",
        ),
        Binding(
            "escape", "leave", "Back", show=False, id="history.leave", tooltip="Leave the filter, or clear it"
        ),
    ]

    def body(self) -> ComposeResult:
        """The verdict of the run at the cursor, the filter, the table."""
        yield VerdictPane(id="verdict")
        hint = say("filter: words such as  countdown threads gil")
        yield Input(placeholder=hint, id="filter", compact=True)
        yield HistoryTable(id="runs")

    def on_mount(self) -> None:
        """List the newest runs."""
        self.verdict.can_focus = False
        self.table.border_title = Content(say("History"))
        self._search()
        self.set_interval(LOOK_EVERY_S, self._look)

    @on(HistoryOpened)
    @on(HistoryChanged)
    def _changed(self) -> None:
        """List them anew, but neither in the background nor in place of a search under way."""
        self._is_outdated = True
        if self.is_current and not (self._lister and self._lister.is_running):
            self._lister = self._list()

    @on(events.ScreenResume)
    def _seen_again(self) -> None:
        if self._is_outdated:
            self._changed()
        else:
            self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """List anew what another instance has changed; of this one's runs there are messages."""
        is_listing = self._lister is not None and self._lister.is_running
        if not self._runs or is_listing or not self.is_current or self.app.session.state.busy:
            return
        try:
            has_changed = await self._runs.has_changed()
        except StoreError:
            return  # which the next query says
        if has_changed and self.is_there:
            self._changed()

    @on(MaskChanged)
    def _masked(self) -> None:
        self._lists += 1
        self.table.forget()
        self._search()

    @on(Input.Changed, "#filter")
    def _search(self) -> None:
        """List what is asked for now in place of what was before."""
        self._lister = self._list()

    @on(Input.Submitted, "#filter")
    def _to_the_table(self) -> None:
        self.table.focus()

    @on(HistoryTable.HeaderSelected)
    def _sort_by(self, event: HistoryTable.HeaderSelected) -> None:
        self._order(event.field, not self.table.descending if event.field == self.table.order_by else True)

    @on(HistoryTable.CursorMoved)
    def _show_verdict(self) -> None:
        self._load_verdict()

    @on(HistoryTable.RowsWanted)
    def _fill(self) -> None:
        self._load_pages()

    def action_leave(self) -> None:
        """From the filter to the table; once there, clear the filter."""
        if self.filter.has_focus:
            self.table.focus()
        else:
            self.filter.value = ""

    def action_order(self, step: int) -> None:
        """Sort by another column."""
        self._order(next_order(self.table.order_by, step), self.table.descending)

    def action_reverse(self) -> None:
        """Smallest instead of largest first, and back."""
        self._order(self.table.order_by, not self.table.descending)

    def reported(self) -> Reported | None:
        """The runs that are marked; else the sweep of the one at the cursor."""
        row = self.table.row_at_cursor
        marked = tuple(f"#{number}" for number in self.table.marked)
        return Reported(marked or (row.sweep_id,)) if row else None

    @work(exclusive=True, group="dialog")
    async def action_details(self) -> None:
        """All that is known of the run at the cursor."""
        run = self._run_at_cursor()
        if run:
            lines = details.run_lines(run, *self._sweep_of(run))
            await self.app.push_screen(TextDialog(details.title_of(run), lines, wrap=True))

    @work(exclusive=True, group="dialog")
    async def action_output(self) -> None:
        """What the program of the run at the cursor printed."""
        run = self._run_at_cursor()
        if run:
            lines = details.output_lines(run) or [say("The program printed nothing.")]
            await self.app.push_screen(TextDialog(say("Output of {run}", run=details.title_of(run)), lines))

    def action_mark(self) -> None:
        """Mark the run at the cursor, or take its mark away."""
        row = self.table.row_at_cursor
        if row:
            self.table.mark(row.id)

    @work(exclusive=True, group="dialog")
    async def action_compare(self) -> None:
        """The two marked runs, or the marked one and the one at the cursor."""
        await self._compare(comparison.runs_compared)

    @work(exclusive=True, group="dialog")
    async def action_compare_sweeps(self) -> None:
        """The sweeps of the same two runs."""
        await self._compare(comparison.sweeps_compared)

    async def _compare(self, compare: Callable[[History, int, int], comparison.Found]) -> None:
        history, pair = self.app.session.history, self._pair()
        if history is None:
            return
        if pair is None:
            self.app.say(say("Mark a run with m, go to another one (or mark it too), then press c."))
            return
        try:
            found = await asyncio.to_thread(compare, history, *pair)
        except (LabError, NoSuchRunError, StoreError) as error:
            self.app.say(sentence(clean(str(error))), is_error=True)
            return
        await self.app.push_screen(TextDialog(found.title, found.lines, wrap=True))

    def _pair(self) -> tuple[int, int] | None:
        """What is to be compared, the older run first."""
        row, marked = self.table.row_at_cursor, list(self.table.marked)
        if len(marked) == 1 and row and row.id not in marked:
            marked.append(row.id)
        return (min(marked), max(marked)) if len(marked) == 2 else None

    @work(exclusive=True, group="dialog")
    async def action_delete(self) -> None:
        """Forget the run at the cursor, or its sweep, after asking."""
        row, history = self.table.row_at_cursor, self.app.session.history
        if row is None or history is None:
            return
        try:
            sweep = history.sweep_numbers(row.sweep_id)
        except StoreError as error:
            self.app.say(sentence(clean(str(error))), is_error=True)
            return
        run = f"{clean(row.workload)} {clean(row.executor)} x{row.workers}"
        answers = [("y", say("yes, this run: {run}", run=run))]
        if len(sweep) > 1:
            answers.append(("a", say("all {count} runs of its sweep", count=len(sweep))))
        question = say("Delete run {number}?", number=row.id)
        answer = await self.app.push_screen_wait(ConfirmDialog(question, answers))
        if answer:
            numbers = sweep if answer == "a" else [row.id]
            self.app.session.delete(numbers)
            self.table.drop(set(numbers))
            self._search()

    def _order(self, field: str, descending: bool) -> None:
        self.table.order_by, self.table.descending = field, descending
        self._search()

    def _run_at_cursor(self) -> Run | None:
        row, history = self.table.row_at_cursor, self.app.session.history
        if row is None or history is None:
            return None
        try:
            return self.app.mask.run(history.run(row.id))
        except (NoSuchRunError, StoreError) as error:
            self.app.say(sentence(clean(str(error))), is_error=True)
            return None

    def _sweep_of(self, run: Run) -> tuple[Sequence[Run], Verdict | None]:
        """The runs that it was made with, and the verdict on all of them where it was kept."""
        history = self.app.session.history
        try:
            found = history.judged_sweep(run.sweep_id) if history else None
        except StoreError as error:
            self.app.say(sentence(clean(str(error))), is_error=True)
            return (), None
        sweep = self.app.mask.sweep(found) if found else None
        return (sweep.runs, sweep.verdict if len(sweep.runs) > 1 else None) if sweep else ((), None)

    def on_unmount(self) -> None:
        """A query under way is given up."""
        if self._runs:
            self._runs.close()

    @property
    def _query(self) -> Query:
        return Query(self.filter.value, self.table.order_by, self.table.descending)

    async def _asked(self, ask: Callable[[RunList], Awaitable[T]]) -> T | None:
        """What the store answers; None where there is none, or where it fails, which is said."""
        history = self.app.session.history
        if history is None:
            return None
        self._runs = self._runs or RunList(history, self.app.mask)
        try:
            return await ask(self._runs)
        except (NoSuchRunError, StoreError) as error:
            self.app.say(sentence(clean(str(error))), is_error=True)
            return None

    @contextmanager
    def _searching(self) -> Iterator[None]:
        """Say that it takes a while where it does, and then how many runs there are."""
        slow = self.set_timer(SLOW_S, self._show_slow)
        self._searches += 1
        try:
            yield
        finally:
            slow.stop()
            self._searches -= 1
            if self.is_there and not self._searches:
                self._show_count()

    def _show_slow(self) -> None:
        if self._searches:  # else the answer came with the timer
            self._show_searching()

    def _show_searching(self) -> None:
        self.table.border_subtitle = Content(say("searching…"))
        self.table.is_stale = self._listed is not None and self._listed != self._query

    def _show_count(self) -> None:
        number = self._runs.known(self._query) if self._runs else None
        if number is not None:
            self.table.border_subtitle = Content(self._count_text(number))
        elif self._listed == self._query:  # the store has failed
            self.table.border_subtitle = ""

    @work(exclusive=True, group="rows")
    async def _list(self) -> None:
        """List what is asked for, and again whenever that has changed meanwhile."""
        while self.is_there:
            before_s = self._runs.cpu_s if self._runs else 0.0
            if self._is_outdated and self._runs:
                self._runs.forget()
            self._is_outdated = False
            with self._searching():
                query = self._query
                await self._asked(RunList.has_changed)  # from here on
                await (self._list_again(query) if query == self._listed else self._list_first(query))
            await asyncio.sleep(REST * (self._runs.cpu_s - before_s) if self._runs else 0)
            if not (self._is_outdated and self.is_there and self.is_current):
                return

    async def _list_first(self, query: Query) -> None:
        """The list from its beginning."""
        rows = await self._asked(lambda runs: runs.page(query, 0))
        if not self.is_there or not self._runs:
            return
        number = self._runs.number_of(query, rows) if rows is not None else 0
        self.table.list_rows(rows or [], number)
        self._is_listed(query)
        if number is None:
            self._show_searching()
            number = await self._asked(lambda runs: runs.count(query))
            if self.is_there and number is not None:
                self.table.set_total(number)

    async def _list_again(self, query: Query) -> None:
        """The same list as it is by now; the cursor goes with its run, and on where it is moved meanwhile."""
        table, at = self.table, self.table.cursor_row
        row = table.row_at_cursor if at or table.has_focus else None
        found = await self._asked(
            lambda runs: runs.again(
                query,
                row.id if row else None,
                at,
                lambda pages, place: table.missing_in(pages, place + table.cursor_row - at),
            )
        )
        if found and self.is_there:
            pages, place = found
            table.list_again(pages, place + table.cursor_row - at)
            self._is_listed(query)

    def _is_listed(self, query: Query) -> None:
        self._listed = query
        self._lists += 1
        self.refresh_bindings()
        self._load_verdict()

    @work(group="pages")
    async def _load_pages(self) -> None:
        """Load what is seen, page by page, for as long as something is missing."""
        if self._is_loading:
            return
        self._is_loading = True
        try:
            while self.is_there and self._listed == self._query and (wanted := self.table.wanted):
                if not await self._load_page(wanted[0]):
                    return
        finally:
            self._is_loading = False

    async def _load_page(self, number: int) -> bool:
        """Load a page; False where there is no use in going on."""
        query, lists = self._query, self._lists
        with self._searching():
            rows = await self._asked(lambda runs: runs.page(query, number))
        if rows is None or not self.is_there:
            return False
        if lists == self._lists:
            self.table.put_page(number, rows)
            if not self.table.is_full(number):  # runs were deleted elsewhere
                self._changed()
                return False
        return True

    def _count_text(self, number: int) -> str:
        runs, why = some("{count} run", "{count} runs", number), self.app.session.history_why
        return f"{runs} · {say('not kept: {why}', why=sentence(why))}" if why else runs

    @work(exclusive=True, group="verdict")
    async def _load_verdict(self) -> None:
        row = self.table.row_at_cursor if self.is_there else None
        run = await self._asked(lambda runs: runs.run(row.id)) if row else None
        if not self.is_there:
            return
        if run is None:
            if not self.table.total:
                filtered = self.filter.value.strip()
                nothing = say("No run matches.") if filtered else say("No run here yet: press 1, then r.")
                self.verdict.show_notes((nothing, "muted"))
        elif run.verdict:
            failures = [failure_text(run.failure)] if run.failure else []
            self.verdict.show_verdict(run.verdict, failures)
        elif run.status == UNAVAILABLE:
            why = failure_text(run.failure) if run.failure else say("it lacks something")
            note = say("– Not available on Python {python}: {why}", python=python_of(run), why=why)
            self.verdict.show_notes((note, "muted"))
        elif run.failure:
            note = say("Failed: {why}", why=failure_text(run.failure))
            self.verdict.show_notes((note, "state-gil"))
        else:
            status = clean(say(run.status))
            note = say("There is no verdict on this run, it is {status}.", status=status)
            self.verdict.show_notes((note, "muted"))
