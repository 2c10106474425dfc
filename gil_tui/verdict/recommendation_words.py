"""The recommendation of a sweep as labelled rows, and what one worker foretells as rows of a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gil_tui.verdict import words
from gil_tui.verdict.experiment import workers_of

NEAR_CAP = 16
"""A cap beyond so many times the workers in use is none that anybody will meet."""
SMALL_BYTES = 500_000
LIMITS = {
    "workers": "the workers",
    "gil": "the GIL",
    "cpus": "the CPUs",
    "lock": "a lock",
    "loop": "the one event loop",
    "hand-over": "handing tasks over",
}
"""What limits a bound, in words."""


def recommendation_rows(best: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What to use, what it buys and costs, and how sure that is: label and text, from `Sweep.best`.

    A key that an older sweep lacks is passed over.
    """
    return [(label, text) for label, text in _rows(best) if text]


def speedup_at(fit: Mapping[str, Any], count: float) -> float:
    """The curve of an entry of `Sweep.fits` between its points, straight; beyond the last one as there."""
    return _between(fit["curve"], count)


def ceiling_at(fit: Mapping[str, Any], count: float) -> float | None:
    """What so many workers cannot pass by a bound; None where that was not kept."""
    return _between(fit["ceiling"], count) if fit.get("ceiling") else None


def _between(curve: Sequence[Sequence[float]], count: float) -> float:
    below = next((point for point in reversed(curve) if point[0] <= count), curve[0])
    above = next((point for point in curve if point[0] >= count), curve[-1])
    share = (count - below[0]) / (above[0] - below[0]) if above[0] > below[0] else 0.0
    return below[1] + share * (above[1] - below[1])


def limit_at(fit: Mapping[str, Any], count: float) -> str:
    """What limits so many workers by a bound; the limit of its last count where an older one has no more."""
    limits = fit.get("limits") or ()
    limit = str(next((limit for at, limit in limits if at >= count), fit.get("limit", "")))
    return LIMITS.get(limit, limit)


def bound_rows(fits: Sequence[Mapping[str, Any]], counts: Sequence[int]) -> list[list[str]]:
    """A row for each bound among entries of `Sweep.fits`: executor, speed-ups by count, what limits it."""
    return [
        [
            fit["executor"],
            *(f"{words.factor(speedup_at(fit, count))}x" for count in counts),
            limit_at(fit, counts[-1]),
        ]
        for fit in fits
        if fit["model"] == "bound"
    ]


def _rows(best: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "use", _workers(best)
    yield "buys", _gain(best)
    yield "costs", _costs(best)
    if best.get("sure") is not None:
        yield "sure", f"{words.share(best['sure'])} to be within 5 % of the best measured"
    yield "at most", _cap(best)
    if best.get("next_workers"):
        counts = words.listed([str(count) for count in best["next_workers"]])
        yield "next", f"not resolved: try {counts} next"


def _workers(best: Mapping[str, Any]) -> str:
    spread, low, high = best["executor"], best.get("low"), best.get("high")
    kind = spread.partition(":")[0].partition("@")[0]
    named = f" ({spread})" if kind != spread else ""
    interval = ""
    if low is not None and high is not None and low < high:
        interval = f"; {low} to {high} may be the fewest that will do"
    return f"{workers_of(kind, best['workers'])}{named}{interval}"


def _gain(best: Mapping[str, Any]) -> str:
    speedup = best.get("speedup")
    if not speedup:
        return ""
    ends = (speedup.get("low"), speedup.get("high"))
    bounds = f" ({words.factor(ends[0])}x to {words.factor(ends[1])}x)" if None not in ends else ""
    return f"{words.factor(speedup['median'])}x{bounds} the work of one worker"


def _costs(best: Mapping[str, Any]) -> str:
    if "extra_bytes" not in best and "startup_s" not in best:
        return ""
    extra, startup_s, pays = (best.get(key) for key in ("extra_bytes", "startup_s", "pays_from_tasks"))
    parts = [_memory(extra)] + ([f"{words.seconds(startup_s)} to start"] if startup_s is not None else [])
    pays_from = f"; pays from {words.rate(pays)} tasks of this size on" if pays and pays > 1 else ""
    return ", ".join(parts) + pays_from


def _memory(extra_bytes: int | None) -> str:
    if extra_bytes is None:
        return "memory not measured"
    return f"+{words.size(extra_bytes)}" if extra_bytes >= SMALL_BYTES else "no memory to speak of"


def _cap(best: Mapping[str, Any]) -> str:
    """Which cap binds, and where the other one is; empty where both are far."""
    cap, near = best.get("cap") or {}, NEAR_CAP * best["workers"]
    fit, fill, each = cap.get("memory_workers"), cap.get("cpu_workers"), cap.get("worker_bytes")
    by_memory = f"at {words.size(each)} each" if each else ""
    if cap.get("by") == "memory" and fit is not None and fit <= near:
        other = f"; {fill} would fill the CPUs" if fill is not None and fill <= near else ""
        return f"{words.some(fit, 'worker')} here: memory is full then, {by_memory}{other}"
    if cap.get("by") == "cpus" and fill is not None and fill <= near:
        other = f"; {fit} would fit in memory, {by_memory}" if fit is not None and fit <= near else ""
        return f"{words.some(fill, 'worker')} here: the CPUs are full then{other}"
    return ""
