"""The same work written in several ways: what a port buys on one core, and whether it then scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gil_tui.verdict import words
from gil_tui.verdict.advice import by_gain
from gil_tui.verdict.experiment import UNSTABLE, disturbed, undecided, workers_text
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.group import GAINS
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.recommend import DRAWS
from gil_tui.verdict.statistics import Interval, ratio_interval

NAMES = {
    "loop_python": "Python",
    "loop_numpy": "NumPy",
    "loop_c_held": "C that holds the GIL",
    "loop_c_released": "C that releases the GIL",
    "loop_cython": "Cython that holds the GIL",
    "loop_cython_nogil": "Cython that releases the GIL",
}
COSTS = {
    "loop_numpy": "NumPy to install",
    "loop_c_held": "C to write, and to build for each platform",
    "loop_c_released": "C to write, and to build for each platform",
    "loop_cython": "Cython to write, and to build for each platform and Python",
    "loop_cython_nogil": "Cython to write, and to build for each platform and Python",
}
FAMILY = "extension"
"""Workloads of this family whose sizes have the same unit do the same work."""
UNPORTED = "loop_python"
SCALING_GAIN = 1.3
"""Where several workers may gain more than this, they cannot be said to add nothing."""
COMPARABLE = 0.5
"""A way with this share of the best one's gain on one core, or more, shows what scaling is worth."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write the work: `gain` on one core against the one that is there, `spread` on several."""

    workload: str
    name: str
    alone: RunFacts
    gain: Interval
    spread: RunFacts | None

    @property
    def scaling(self) -> Interval | None:
        """What several workers gain beyond one; None where that was not tried."""
        return self.spread.speedup if self.spread else None

    @property
    def scales(self) -> bool:
        """Whether several workers are known to be worth while."""
        return self.scaling is not None and self.scaling.median >= GAINS and self.scaling.low > 1

    @property
    def flat(self) -> bool:
        """Whether several workers are known to add nothing to speak of."""
        return self.scaling is not None and not self.scales and self.scaling.high < SCALING_GAIN

    @property
    def total(self) -> float:
        """What the port and its workers gain together."""
        return self.gain.median * (self.scaling.median if self.scales and self.scaling else 1.0)

    @property
    def sentence(self) -> str:
        """Such as `C that releases the GIL: 85.0x on one core, 2 threads 1.90x more`."""
        text = f"{self.name}: {words.factor(self.gain.median)}x on one core"
        if self.spread is None or self.scaling is None:
            return text
        workers = workers_text(self.spread)
        if self.scales:
            return f"{text}, {workers} {words.factor(self.scaling.median)}x more"
        return f"{text}, {workers} add nothing" if self.flat else f"{text}, what {workers} add is not decided"


def told_as_ports(
    parts: Mapping[str, Verdict], runs: Sequence[RunFacts], draws: int = DRAWS
) -> dict[str, Verdict]:
    """The verdicts on a sweep's workloads, those on ports of the same work told as one.

    It stands under the family's name, behind the others.
    """
    told = dict(parts)
    for unit in dict.fromkeys(run.unit for run in runs if run.family == FAMILY and run.unit):
        mine = [run for run in runs if (run.family, run.unit) == (FAMILY, unit)]
        verdict = port_verdict(mine, parts, draws)
        if verdict is not None:
            for name in {run.workload for run in mine}:
                del told[name]
            told[f"{FAMILY}, {unit}" if FAMILY in told else FAMILY] = verdict
    return told


def port_verdict(
    runs: Sequence[RunFacts], parts: Mapping[str, Verdict], draws: int = DRAWS
) -> Verdict | None:
    """What the ports of one piece of work buy; None with fewer than two of them measured on one worker.

    `parts` are the verdicts on each workload alone: that on the best port says what limits it.
    """
    ways = ways_of(runs, draws)
    if len({way.workload for way in ways}) < 2:
        return None
    original, best = ways[0], max(ways, key=lambda way: way.total)
    told = [parts[name] for name in dict.fromkeys((best.workload, original.workload))]
    evidence = tuple(row for way in ways for row in _evidence(way, original))
    doubts = _doubts(ways, runs, told)
    unstable = _unstable(ways)
    if unstable:
        return Verdict("unsure", 0.0, unstable, evidence, would_change=doubts)
    return Verdict(
        code=told[0].code,
        confidence=min(verdict.confidence for verdict in told),
        sentence=_sentence(ways, best, original),
        evidence=evidence,
        advice=tuple(by_gain(_advice(way, original) for way in ways if way.total >= GAINS)),
        would_change=doubts,
    )


def ways_of(runs: Sequence[RunFacts], draws: int = DRAWS) -> list[Way]:
    """The ways that were measured on one worker; the first is the one that the others are held against.

    That is pure Python on the first interpreter, or where it was not run the slowest one there.
    """
    keys = dict.fromkeys((run.workload, run.python) for run in runs)
    alone = {key: run for key in keys if (run := _alone(_of(runs, *key)))}
    if not alone:
        return []
    python = next(iter(alone))[1]
    there = [run for (_, where), run in alone.items() if where == python]
    original = min(there, key=lambda run: (run.workload != UNPORTED, run.rate or 0.0))
    several = len({where for _, where in alone}) > 1
    ways = [
        Way(
            workload=workload,
            name=NAMES.get(workload, workload) + (f" on {where}" if several else ""),
            alone=run,
            gain=_gain(original, run, draws),
            spread=_spread(_of(runs, workload, where)),
        )
        for (workload, where), run in alone.items()
    ]
    return sorted(ways, key=lambda way: way.alone is not original)


def _of(runs: Sequence[RunFacts], workload: str, python: str) -> list[RunFacts]:
    mine = (run for run in runs if (run.workload, run.python) == (workload, python))
    return [run for run in mine if not run.failed and run.rate]


def _alone(runs: Sequence[RunFacts]) -> RunFacts | None:
    """The run on one core: the sequential one, else one with a single worker."""
    return min((run for run in runs if run.workers == 1), key=lambda run: not run.is_baseline, default=None)


def _spread(runs: Sequence[RunFacts]) -> RunFacts | None:
    """The best run with several workers: threads, unless only others gain."""
    tried = [run for run in runs if run.workers > 1 and run.speedup]

    def worth(run: RunFacts) -> tuple[bool, bool, float]:
        gained = run.speedup.median if run.speedup else 0.0
        return gained >= GAINS, run.executor == "threads", gained

    return max(tried, key=worth, default=None)


def _gain(original: RunFacts, run: RunFacts, draws: int) -> Interval:
    """Units of work a second against the original's; from the ends of both intervals without each trial."""
    if run is original:
        return Interval(1.0, 1.0, 1.0)
    assert original.wall_s and run.wall_s and original.units and run.units
    more = run.units / original.units
    if original.walls_s and run.walls_s and min(run.walls_s) > 0:
        found = ratio_interval(original.walls_s, run.walls_s, draws=draws)
        return Interval(found.median * more, found.low * more, found.high * more, found.level)
    theirs, ours = original.wall_s, run.wall_s
    level = max(0.0, theirs.level + ours.level - 1)
    low, high = theirs.low / ours.high, theirs.high / ours.low
    return Interval(theirs.median / ours.median * more, low * more, high * more, level)


def _unstable(ways: Sequence[Way]) -> str:
    """That too many trials were disturbed to name a winner, and what shows all the same; empty where not."""
    runs = [run for way in ways for run in (way.alone, way.spread) if run is not None]
    trials, marked = sum(run.trials for run in runs), sum(map(disturbed, runs))
    if marked <= UNSTABLE * trials:
        return ""
    best = max(ways, key=lambda way: way.gain.low)
    seen = f"{best.name} does {_interval(best.gain)} the work on one core"
    return f"Unstable: {words.disturbed(marked, trials)}; no winner is named. {seen}"


def _sentence(ways: Sequence[Way], best: Way, original: Way) -> str:
    """The best way, and beside it one as fast on one core that does not scale, or the reverse: in the same
    language if there is one, since the GIL is then all the difference.
    """
    if best.total < GAINS:
        return f"No port buys anything: {original.name} is as fast as any"
    against = "" if original.workload == UNPORTED else f" (against {original.name})"
    others = [way for way in ways if way not in (best, original)]
    others = [way for way in others if (way.flat if best.scales else way.scales)]
    others = [way for way in others if way.gain.median >= COMPARABLE * best.gain.median]
    language = best.name.split()[0]
    shown = sorted(others, key=lambda way: (way.name.split()[0] != language, -way.gain.median))[:1]
    return ". ".join([best.sentence + against, *(way.sentence for way in shown)])


def _evidence(way: Way, original: Way) -> list[Evidence]:
    rows = []
    if way is not original:
        gain, how = way.gain, f"units of work a second against {original.name}, both arms varied"
        rows.append(Evidence(f"{way.name}, one core", gain.median, "x", how, gain.low, gain.high))
    if way.spread and way.scaling:
        name, scaling = f"{way.name}, {workers_text(way.spread)}", way.scaling
        how = f"against one worker ({way.spread.against}), both arms varied"
        rows.append(Evidence(name, scaling.median, "x", how, scaling.low, scaling.high))
    return rows


def _advice(way: Way, original: Way) -> Advice:
    measured = [] if way is original else [f"{_interval(way.gain)} on one core"]
    if way.spread and way.scaling:
        measured.append(f"{_interval(way.scaling)} with {workers_text(way.spread)}")
    workers = f", with {workers_text(way.spread)}" if way.spread and way.scales else ""
    return Advice(
        action=f"{'Leave it in' if way is original else 'Port it to'} {way.name}{workers}",
        gain=round(way.total, 2),
        cost=COSTS.get(way.workload, ""),
        why=f"measured: {', '.join(measured)}",
    )


def _interval(found: Interval) -> str:
    return f"{words.factor(found.low)}x to {words.factor(found.high)}x"


def _doubts(ways: Sequence[Way], runs: Sequence[RunFacts], told: Sequence[Verdict]) -> tuple[str, ...]:
    """What the verdicts on the ways say, and the ways that could not be measured."""
    doubts = [doubt for verdict in told for doubt in verdict.would_change]
    measured = {(way.workload, way.alone.python) for way in ways}
    failed = [run for run in runs if run.failed and (run.workload, run.python) not in measured]
    doubts += [f"{NAMES.get(run.workload, run.workload)}: {undecided(run)}" for run in failed]
    return tuple(dict.fromkeys(doubts))
