"""The recommendation of a sweep in short parts, and what one worker foretells as rows of a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gil_tui.verdict import words

NEAR_CAP = 16
"""A cap beyond so many times the workers in use is none that anybody will meet."""


def recommendation_parts(best: Mapping[str, Any]) -> list[str]:
    """What stands behind `Sweep.best`, most telling first; a key that an older sweep lacks is passed over.

    Such as `not resolved: try 16 next`, `2 workers fill the CPUs, the cap`.
    """
    return list(_parts(best))


def bound_rows(fits: Sequence[Mapping[str, Any]], counts: Sequence[int]) -> list[list[str]]:
    """A row for each bound among entries of `Sweep.fits`: executor, speed-ups by count, what limits it."""
    rows = []
    for fit in fits:
        if fit["model"] == "bound":
            speedups = [f"{words.factor(_at(fit['curve'], count))}x" for count in counts]
            rows.append([fit["executor"], *speedups, fit["limit"]])
    return rows


def _at(curve: Sequence[Sequence[float]], count: int) -> float:
    """The curve between its points, straight; beyond the last one as there."""
    below = next((point for point in reversed(curve) if point[0] <= count), curve[0])
    above = next((point for point in curve if point[0] >= count), curve[-1])
    share = (count - below[0]) / (above[0] - below[0]) if above[0] > below[0] else 0.0
    return below[1] + share * (above[1] - below[1])


def _parts(best: Mapping[str, Any]) -> Iterator[str]:
    if best.get("next_workers"):
        yield f"not resolved: try {words.listed([str(count) for count in best['next_workers']])} next"
    low, high = best.get("low"), best.get("high")
    if low is not None and high is not None and low < high:
        yield f"{low} to {high} may be the smallest that will do"
    if best.get("sure") is not None:
        yield f"{words.share(best['sure'])} sure to be within 5 % of the best measured"
    yield from _cap_parts(best)
    pays = best.get("pays_from_tasks")
    if pays is not None and pays > 1:
        yield f"pays from {words.rate(pays)} tasks of this size on"


def _cap_parts(best: Mapping[str, Any]) -> Iterator[str]:
    cap = best.get("cap") or {}
    near = NEAR_CAP * best["workers"]
    fit, fill, each = cap.get("memory_workers"), cap.get("cpu_workers"), cap.get("worker_bytes")
    if fit is not None and each and fit <= near:
        binds = ", the cap" if cap["by"] == "memory" else ""
        yield f"{words.size(each)} a worker: {fit} fit in memory{binds}"
    if fill is not None and fill <= near:
        binds = ", the cap" if cap["by"] == "cpus" else ""
        yield f"{words.some(fill, 'worker')} {'fills' if fill == 1 else 'fill'} the CPUs{binds}"
