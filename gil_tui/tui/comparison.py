"""Two runs of the history, or their sweeps, held against each other, for a dialog."""

from dataclasses import dataclass

from gil_tui.history import History
from gil_tui.language.spoken import say


@dataclass(frozen=True, slots=True)
class Found:
    """A comparison as it is read."""

    title: str
    lines: list[str]


def runs_compared(history: History, a: int, b: int) -> Found:
    """Run `b` against run `a`; raises LabError where they have no common measure.

    Slow, as is the other one: to be called off the event loop.
    """
    from gil_tui.lab.comparing import compared_runs
    from gil_tui.report.comparison import run_lines

    one, other = history.run(a), history.run(b)
    beside = history.sweep(one.sweep_id), history.sweep(other.sweep_id)
    title = say("#{one} against #{other}", one=b, other=a)
    return Found(title, run_lines(compared_runs(one, other, *beside)))


def sweeps_compared(history: History, a: int, b: int) -> Found:
    """The sweep of run `b` against that of run `a`, experiment by experiment; raises LabError."""
    from gil_tui.lab.comparing import compared_sweeps, short
    from gil_tui.report.comparison import sweep_lines

    one, other = (history.sweep(history.run(number).sweep_id) for number in (a, b))
    found = compared_sweeps(one, other)
    title = say("Sweep {one} against {other}", one=short(other), other=short(one))
    return Found(title, sweep_lines(found))
