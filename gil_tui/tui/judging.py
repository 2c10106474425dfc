"""One window of the Watch, judged: what may be done in a thread, while keys are answered."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.frames import Frame, GilFrame
from gil_tui.watch.merging import mean_gils


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a window came to, for `cost_s` of CPU; `live` says that it went up to the newest frame."""

    window_s: float
    end_s: float
    live: bool
    observation: Observation
    verdict: Verdict
    gils: Sequence[GilFrame]
    cost_s: float


def judge_window(
    judge: Callable[[], tuple[Observation, Verdict]],
    frames: Sequence[Frame],
    window_s: float,
    end_s: float,
    live: bool,
) -> Judgement:
    """Judge the `frames` of a window by `judge`; touches nothing."""
    began_s = time.thread_time()
    observation, verdict = judge()
    gils = mean_gils(frames)
    return Judgement(window_s, end_s, live, observation, verdict, gils, time.thread_time() - began_s)


def pressure(gil: GilFrame) -> float:
    """How much a GIL is in demand: held plus waiting, less than nothing where it cannot be read."""
    return (gil.waiting or 0.0) + (gil.held or 0.0) if gil.available else -1.0
