"""Keeps runs and trials in a store, and makes up for it where the store fails for a while."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from gil_tui.lab.records import Run, Sweep, Trial

T = TypeVar("T")

AGAIN_S = 30.0
"""A store that has failed is left alone for so long: one that is locked keeps everybody waiting."""


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
    """Writes to a store; where that fails says so through `warn`, and later writes what is missing.

    A store that has failed is tried again when a run ends, and at the end of the sweep.
    """

    def __init__(self, store: RunStore | None, warn: Callable[[str], None]) -> None:
        self._store = store
        self._warn = warn
        self._failed_s: float | None = None
        self._said = ""

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
        """Keep a run as it ended, with any trial that is missing; returns it with its number."""
        if self._failed_s is not None and time.monotonic() - self._failed_s >= AGAIN_S:
            self._failed_s = None
        return self._end(run)

    def end_sweep(self, sweep: Sweep) -> None:
        """Keep the verdict on all runs, if any of them was kept."""
        if any(run.id is not None for run in sweep.runs):
            self._write(lambda store: store.finish_sweep(sweep))

    def make_up(self, runs: Sequence[Run]) -> list[Run]:
        """At the end: keep these runs where the store has failed; returns them with their numbers."""
        if not self._said:
            return list(runs)
        self._failed_s = None
        kept = [self._end(run) for run in runs]
        if self._failed_s is None:
            self._warn("the history works again: all runs are kept")
        return kept

    def _end(self, run: Run) -> Run:
        begun = self.begin(run)
        if begun.id is not None:
            self._write(lambda store: store.finish_run(begun))
        return begun

    def _write(self, write: Callable[[RunStore], T]) -> T | None:
        if self._store is None or self._failed_s is not None:
            return None
        try:
            return write(self._store)
        except Exception as error:  # whatever ails the store must not cost the trials still to come
            self._failed_s = time.monotonic()
            words = f"runs are not kept: {error}"
            if words != self._said:
                self._warn(words)
            self._said = words
            return None
