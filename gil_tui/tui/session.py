"""The sweep under way and what is shown of the history; knows no widgets."""

import asyncio
from dataclasses import replace
from typing import Protocol

from gil_tui.history import History, NoSuchRunError, StoreError
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.events import (
    LabEvent,
    Progressed,
    RunEnded,
    SweepEnded,
    TrialEnded,
    TrialProgress,
    TrialStarted,
    Warned,
    Watched,
)
from gil_tui.text import clean
from gil_tui.tui.engine import Engine, Selection
from gil_tui.tui.lanes import Lanes
from gil_tui.tui.mask import Mask
from gil_tui.tui.model import LabState, apply, best_of, shown
from gil_tui.tui.series import workloads_of
from gil_tui.tui.speaker import Speaker

SAVING_S = 5.0
"""What quitting grants a sweep to save its finished trials."""
PATIENCE = ("repeats", "timeout")
"""Settings that are neither of the work nor of its executor."""
LIVE_ONLY = (TrialStarted, TrialProgress, Watched, Progressed)
"""Events that the timer of the live panes shows; they announce nothing."""


class Listener(Speaker, Protocol):
    """Who wants to know what becomes of the session."""

    def state_changed(self) -> None:
        """The live sweep, or what is shown in its place, is another."""

    def history_changed(self) -> None:
        """Runs were added, finished or deleted."""


class Session:
    """One window on the Lab: `live` is the sweep under way or the last one, `past` a run of the history."""

    def __init__(self, engine: Engine, listener: Listener, mask: Mask | None = None) -> None:
        self.engine = engine
        self._live = LabState()
        self._past: LabState | None = None
        self._mask = mask or Mask()
        self.lanes = Lanes()
        self.history: History | None = None
        self._history_why = ""
        self._listener = listener
        self._task: asyncio.Task[object] | None = None
        self._selection: Selection | None = None

    @property
    def live(self) -> LabState:
        """The sweep under way or the last one, as it may be shown."""
        return self._mask.state(self._live)

    @property
    def past(self) -> LabState | None:
        """The run of the history, as it may be shown."""
        return self._mask.state(self._past) if self._past else None

    @property
    def history_why(self) -> str:
        """Why runs are not kept, empty where they are."""
        return self._mask.text(self._history_why)

    @property
    def state(self) -> LabState:
        """What is to be shown."""
        return self.past or self.live

    def open_history(self) -> None:
        """Open the store; where that fails, runs are kept in memory only, and the reason in `history_why`."""
        try:
            self.history = self.engine.open_history()
        except StoreError as error:
            self._history_why = clean(str(error))
            self.history = History.in_memory()

    async def run(self, selection: Selection) -> None:
        """Conduct a sweep to its end, or until it is stopped."""
        self._task = asyncio.current_task()
        self._selection = selection
        self._past, self._live = None, LabState(phase="starting")
        self.lanes.clear()
        self._listener.state_changed()
        if self.history is None:
            await asyncio.to_thread(self.open_history)
        assert self.history is not None
        try:
            await self.engine.prepare(self.hear)
            await self.engine.conduct(selection, self.hear, self.history)
            await self._judge_parts()
        except (UsageError, LabError, StoreError) as error:
            self._listener.say(clean(str(error)), is_error=True)
        finally:
            self._task = None
            if self._live.busy:  # it ended without saying so
                self._live = _ended(self._live)
            self._listener.state_changed()

    def following(self, workload: str) -> Selection | None:
        """The sweep that is asked for by what was best for a shown workload; None for none.

        It is as patient as the last one where it is of that.
        """
        known = self._past or self._live
        names = dict(zip(workloads_of(self.state.runs), workloads_of(known.runs), strict=True))
        best = best_of(known, names.get(workload, workload))
        found = self.engine.following(known.runs, best) if best else None
        if found is None or self._selection is None or self._past:
            return found
        kept = [pair for pair in self._selection.settings if pair[0] in PATIENCE]
        return replace(found, settings=(*found.settings, *kept))

    async def _judge_parts(self) -> None:
        """Judge the workloads one by one, where there are several."""
        runs = self._live.runs
        names = workloads_of(runs)
        if len(names) < 2:
            return
        groups = {name: [run for run in runs if run.experiment.workload == name] for name in names}
        judged = [(name, await asyncio.to_thread(self.engine.judge, own)) for name, own in groups.items()]
        self._live = replace(self._live, parts=tuple(judged))

    def hear(self, event: LabEvent) -> None:
        """Take in one fact."""
        before = self._live.phase
        self._live = apply(self._live, event)
        if before == "stopping" and self._live.busy:
            self._live = _stopping(self._live)
        if isinstance(event, TrialStarted):
            self.lanes.begin()
        if isinstance(event, Watched):
            self.lanes.add(event.frame)
        if isinstance(event, Warned):
            self._listener.say(clean(event.message))
        first_trial = isinstance(event, TrialEnded) and event.trial.number == 1
        if first_trial or isinstance(event, RunEnded | SweepEnded):
            self._listener.history_changed()
        if not isinstance(event, LIVE_ONLY) or self._live.phase != before:
            self._listener.state_changed()

    def stop(self) -> None:
        """Ask the sweep to end; its finished trials are saved."""
        if self._task and self._live.phase != "stopping":
            self._live = _stopping(self._live)
            self._task.cancel()
            self._listener.state_changed()

    async def close(self) -> None:
        """Stop what is under way, wait a little for it to be saved, and let go of the store."""
        task = self._task
        self.stop()
        if task:
            await asyncio.wait([task], timeout=SAVING_S)
        await self.engine.close()
        if self.history:
            self.history.close()

    def show_run(self, run_id: int) -> None:
        """Show a run of the history in place of the live sweep."""
        if self.history is None:
            return
        try:
            run = self.history.run(run_id)
            judged = self.history.judged_sweep(run.sweep_id)
            self._past = shown(run, self.history.sweep(run.sweep_id), judged)
        except (NoSuchRunError, StoreError) as error:
            self._listener.say(clean(str(error)), is_error=True)
        self._listener.state_changed()

    def delete(self, ids: list[int]) -> None:
        """Forget these runs."""
        if self.history is None:
            return
        try:
            self.history.delete(ids)
        except StoreError as error:
            self._listener.say(clean(str(error)), is_error=True)
        self._listener.history_changed()

    def show_live(self) -> None:
        """Back to the live sweep."""
        self._past = None
        self._listener.state_changed()


def _stopping(state: LabState) -> LabState:
    return replace(state, phase="stopping")


def _ended(state: LabState) -> LabState:
    return replace(state, phase="interrupted" if state.runs else "idle", current=None, left_s=None)
