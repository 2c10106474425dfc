"""One window of the Watch, judged: what may be done in a thread, while keys are answered."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.frames import Frame, GilFrame
from gil_tui.watch.merging import mean_gils

GIVES_WAY_S = 0.001
"""An answer to a key takes several turns of the event loop, each of which may wait for the GIL so long."""


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


async def aside(judge: Callable[[], Judgement]) -> Judgement:
    """What `judge` gives, in a thread that lets keys be answered meanwhile."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(GIVES_WAY_S)
    try:
        return await asyncio.to_thread(judge)
    finally:
        sys.setswitchinterval(usual_s)


def pressure(gil: GilFrame) -> float:
    """How much a GIL is in demand: held plus waiting, less than nothing where it cannot be read."""
    return (gil.waiting or 0.0) + (gil.held or 0.0) if gil.available else -1.0
