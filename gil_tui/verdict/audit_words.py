"""What the answers of an audit are made of: figures with their intervals, and what watches name."""

from collections.abc import Sequence
from dataclasses import dataclass

from gil_tui.verdict import words
from gil_tui.verdict.audit_model import WatchSeen
from gil_tui.verdict.model import Evidence
from gil_tui.verdict.observation import HotFunction, hottest
from gil_tui.verdict.statistics import Interval

NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that is answered, as `Point` has it."""

    answer: str
    figure: Evidence | None = None
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[int, ...] = ()
    watches: tuple[int, ...] = ()
    reproduce: str = ""


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds the GIL and who waits for it, as the watches name them."""

    held_by: str = ""
    evidence: tuple[Evidence, ...] = ()
    watches: tuple[int, ...] = ()


def interval_evidence(name: str, found: Interval, unit: str, how: str) -> Evidence:
    """A median with its interval, where there is one."""
    ends = (found.low, found.high) if found.level > 0 else (None, None)
    return Evidence(name, found.median, unit, how, *ends)


def brief(value_s: float) -> tuple[float, str]:
    """A duration as value and unit of `Evidence`, however short."""
    return (value_s, "s") if value_s >= 1e-3 else (value_s * 1e6, "µs")


def share_of(found: Interval) -> str:
    """A share with its interval: `98 % (97 % to 99 %)`; alone where both ends read the same."""
    middle, low, high = (words.share(value) for value in (found.median, found.low, found.high))
    return middle if found.level <= 0 or low == high else f"{middle} ({low} to {high})"


def hot_watch(watches: Sequence[WatchSeen]) -> tuple[WatchSeen, tuple[HotFunction, ...]] | None:
    """The newest watch that names functions, and these."""
    for watch in watches:
        hot = tuple(HotFunction.from_json(one) for one in watch.document.get("hot", ()))
        if hot:
            return watch, hot
    return None


def costliest(hot: Sequence[HotFunction]) -> HotFunction:
    """The function that holds the GIL most, else the one that computes most without it."""
    return hottest(hot) or max(hot, key=lambda one: one.share)


def telling_threads(watches: Sequence[WatchSeen]) -> Holders:
    """The function that holds the GIL most, and the threads that wait for it most, by the newest watch."""
    for watch in watches:
        waiting = [one for one in watch.document["threads"] if (one.get("gil") or 0.0) > 0]
        if not watch.document["gil"]["available"] or not waiting:
            continue
        waiting.sort(key=lambda one: -one["gil"] * one["seen_s"])
        rows = [
            Evidence(f"thread {_name(one)} waits", one["gil"], "share", "of its own time, thread lanes")
            for one in waiting[:NAMED_AT_MOST]
        ]
        named = hot_watch([watch])
        top = hottest(named[1]) if named else None
        held_by = f"; {top.place.short} holds it most" if top else ""
        return Holders(held_by, tuple(rows), (watch.id,))
    return Holders()


def _name(thread: dict[str, object]) -> str:
    return f"{thread['tid']} ({thread['name']})" if thread["name"] else str(thread["tid"])
