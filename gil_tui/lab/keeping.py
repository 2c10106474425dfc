"""Keeps runs and trials in a store for as long as the store works."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from gil_tui.lab.records import Run, Sweep, Trial

T = TypeVar("T")


class RunStore(Protocol):
    """What the Lab needs of the history."""

    def add_run(self, run: Run) -> int:
        """Keep a run that begins; returns its number."""

    def add_trial(self, run_id: int, trial: Trial) -> None:
        """Keep a trial that ended."""

    def finish_run(self, run: Run) -> None:
        """Keep a run as it stands at its end."""

    def finish_sweep(self, sweep: Sweep) -> None:
        """Keep what is known of a sweep beyond its runs."""


class Keeper:
    """Writes to a store until that fails once; then says so through `warn` and leaves it alone."""

    def __init__(self, store: RunStore | None, warn: Callable[[str], None]) -> None:
        self._store = store
        self._warn = warn

    def begin(self, run: Run) -> Run:
        """Keep a run that begins, if that has not been done; returns it with its number."""
        if run.id is not None:
            return run
        number = self._write(lambda store: store.add_run(run))
        return run if number is None else run.with_id(number)

    def add_trial(self, run: Run, trial: Trial) -> None:
        """Keep a trial that ended of a run that has begun."""
        run_id = run.id
        if run_id is not None:
            self._write(lambda store: store.add_trial(run_id, trial))

    def end(self, run: Run) -> Run:
        """Keep a run as it ended; returns it with its number."""
        begun = self.begin(run)
        if begun.id is not None:
            self._write(lambda store: store.finish_run(begun))
        return begun

    def end_sweep(self, sweep: Sweep) -> None:
        """Keep the verdict on all runs, if any of them was kept."""
        if any(run.id is not None for run in sweep.runs):
            self._write(lambda store: store.finish_sweep(sweep))

    def _write(self, write: Callable[[RunStore], T]) -> T | None:
        if self._store is None:
            return None
        try:
            return write(self._store)
        except Exception as error:  # whatever ails the store must not cost the trials still to come
            self._store = None
            self._warn(f"runs are no longer kept: {error}")
            return None
