"""What the intervals, the noise floor and the notes are worth, by simulation of hosts whose truth is known.

    python -m tests.benchmarks.coverage [--draws N] [--only medians|ratios|floor|decisions|shapes]

Five kinds of noise on three kinds of host (`tests.verdict.worlds`), all seeded. An experiment stops as in a
sweep: at least 6 trials, at most 12, when the interval of its median is within 2 %. Prints the tables that
the docstrings of `gil_tui.verdict` refer to; about six minutes for 1,000 draws a line.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.lab.plan import AT_LEAST, REPEATS
from gil_tui.lab.progress import is_enough
from gil_tui.verdict.comparison import Side, compare_runs, family_level
from gil_tui.verdict.noise import common_rounds, noise_floor
from gil_tui.verdict.shapes import slow_first, two_groups
from gil_tui.verdict.statistics import Interval, median_interval, ratio_interval
from tests.benchmarks.table import print_table
from tests.verdict.worlds import HOSTS, NOISES, ROUNDS, trials, true_median

BOOTSTRAP = 200
DRIFT = 0.04
"""How far a host drifts within a sweep that does."""
SPREADS = (0.01, 0.02, 0.03)


def stopped(walls_s: Sequence[float]) -> Sequence[float]:
    """The trials that a sweep would have made of these."""
    counts = range(AT_LEAST, REPEATS + 1)
    enough = next(count for count in counts if is_enough(walls_s[:count], AT_LEAST, REPEATS))
    return walls_s[:enough]


def medians(draws: int) -> None:
    """How often the interval of a median holds the truth, with 12 trials and stopped early.

    On a host that drifts the truth is the time half way through all 12 rounds: trials of one time of day
    cannot know that of another, stopped early or not, which is why runs are compared by ratios.
    """
    lines = [(noise, "steady", spread) for noise in NOISES for spread in (*SPREADS, 0.05)]
    lines += [("normal", host, spread) for host in ("slowing", "wandering") for spread in SPREADS]
    rows = [
        [noise, host, percent(spread), *median_cells(draws, noise, host, spread)]
        for noise, host, spread in lines
    ]
    header = ["noise", "host", "spread", "12 trials", "stopped", "those early", "early", "mean trials"]
    title = f"Medians: share of intervals (nominal 95 %) that hold the true one; drift {DRIFT:.0%}"
    print_table(title, header, rows)


def median_cells(draws: int, noise: str, host: str, spread: float) -> list[str]:
    """One line of `medians`."""
    source, truth = random.Random(f"{noise} {host} {spread}"), true_median(noise, spread)
    fixed = held = held_early = early = count = 0
    for _ in range(draws):
        walls_s = trials(source, noise, spread, HOSTS[host](source, DRIFT))
        fixed += holds(median_interval(walls_s), truth)
        made = stopped(walls_s)
        hit = holds(median_interval(made), truth)
        held, count = held + hit, count + len(made)
        if len(made) < REPEATS:
            early, held_early = early + 1, held_early + hit
    among = percent(held_early / early) if early else "-"
    shares = [percent(fixed / draws), percent(held / draws), among, percent(early / draws)]
    return [*shares, f"{count / draws:.1f}"]


def ratios(draws: int) -> None:
    """How often the interval of a ratio holds the truth: all trials of both, or those of the same rounds."""
    rows = []
    for noise in NOISES:
        for host in HOSTS:
            for spreads in ((0.01, 0.01), (0.02, 0.02), (0.01, 0.03)):
                shares = ratio_shares(draws, noise, host, spreads)
                rows.append([noise, host, "/".join(map(percent, spreads)), *map(percent, shares)])
    header = ["noise", "host", "spreads", "12 trials", "all trials", "same rounds"]
    title = (
        f"Ratios: share of intervals that hold the true one, each arm stopped by itself; drift {DRIFT:.0%}"
    )
    print_table(title, header, rows)


def ratio_shares(draws: int, noise: str, host: str, spreads: tuple[float, float]) -> list[float]:
    """Coverage with 12 trials each, with all trials until each stopped, and with the rounds in common."""
    source = random.Random(f"{noise} {host} {spreads}")
    truth = true_median(noise, spreads[0]) / true_median(noise, spreads[1])
    hits = [0, 0, 0]
    for _ in range(draws):
        drifting = HOSTS[host](source, DRIFT)
        one, other = (trials(source, noise, spread, drifting) for spread in spreads)
        made = stopped(one), stopped(other)
        for way, arms in enumerate(((one, other), made, common_rounds(*made))):
            hits[way] += holds(ratio_interval(*arms, draws=BOOTSTRAP), truth)
    return [hit / draws for hit in hits]


def floor(draws: int) -> None:
    """How often two equal experiments differ by no more than the noise floor of their sweep."""
    rows = []
    for runs in (1, 2, 4, 8):
        for noise in NOISES:
            for host in HOSTS:
                within, mean = floor_shares(draws, runs, noise, host, 0.02)
                rows.append([f"{runs} runs", noise, host, percent(within), percent(mean)])
    header = ["sweep of", "noise", "host", "within the floor", "mean floor"]
    print_table("Noise floor: equal experiments (A against A) within it, spread 2 %, stopped", header, rows)


def floor_shares(draws: int, runs: int, noise: str, host: str, spread: float) -> tuple[float, float]:
    """Share of A/A ratios within the floor of a sweep, A being one of its runs; and the mean floor."""
    source, within, total = random.Random(f"{runs} {noise} {host}"), 0, 0.0
    for _ in range(draws):
        drifting = HOSTS[host](source, DRIFT)
        made = [stopped(trials(source, noise, spread, drifting)) for _ in range(runs + 1)]
        found = noise_floor(made[:runs])
        assert found is not None
        one, other = (median_interval(arm).median for arm in common_rounds(made[0], made[-1]))
        within += max(one / other, other / one) <= 1 + found
        total += found
    return within / draws, total / draws


def decisions(draws: int) -> None:
    """How often `compare` finds a difference: false alarms for equal runs, and real differences."""
    rows = []
    for noise in NOISES:
        for host in HOSTS:
            alarms = [found(draws, noise, host, AT_LEAST, REPEATS, 1.0)]
            alarms += [found(draws, noise, host, 3, 3, 1.0)]
            power = [found(draws, noise, host, AT_LEAST, REPEATS, factor) for factor in (1.03, 1.05, 1.1)]
            rows.append([noise, host, *map(percent, (*alarms, any_of(draws // 4, noise, host), *power))])
    header = ["noise", "host", "A/A", "3 trials", "any of 8", "by 3 %", "by 5 %", "by 10 %"]
    print_table(
        "Decisions: share called different, spread 2 %; a sweep of 4 runs (8 and 8 for any of 8)",
        header,
        rows,
    )


def found(draws: int, noise: str, host: str, at_least: int, at_most: int, factor: float) -> float:
    """Share of pairs that are told apart when the second takes `factor` as long."""
    source, told = random.Random(f"{noise} {host} {at_most}"), 0
    for _ in range(draws):
        drifting = HOSTS[host](source, DRIFT)
        sweep = [trials(source, noise, 0.02, drifting)[:at_most] for _ in range(4)]
        sweep[1] = [wall_s * factor for wall_s in sweep[1]]
        made = [stopped(walls_s) if at_most == REPEATS else walls_s for walls_s in sweep]
        told += compare_runs(a_side(made[0]), a_side(made[1]), noise_floor(made), draws=BOOTSTRAP).significant
    return told / draws


def any_of(draws: int, noise: str, host: str) -> float:
    """Share of pairs of equal sweeps, made at the same time, of which any of 8 experiments is told apart."""
    source, told = random.Random(f"{noise} {host}"), 0
    for _ in range(draws):
        drifting = HOSTS[host](source, DRIFT)
        made = [stopped(trials(source, noise, 0.02, drifting)) for _ in range(16)]
        limit = noise_floor(made, family_level(8))
        pairs = zip(made[:8], made[8:], strict=True)
        told += any(
            compare_runs(a_side(one), a_side(other), limit, draws=BOOTSTRAP).significant
            for one, other in pairs
        )
    return told / draws


def a_side(walls_s: Sequence[float]) -> Side:
    """A run of a sweep that is not in the history."""
    return Side("#1", "threads x2", "countdown", {}, tuple(walls_s), 1, 1, sweep_id="one")


def shapes(draws: int) -> None:
    """How often two groups, and a slow first trial, are seen where they are and where they are not."""
    rows = [[name, *map(percent, shape_shares(10 * draws, draw))] for name, draw in shaped()]
    header = ["trials", "8", "10", "12", "first slow, 6", "first slow, 12"]
    print_table("Two groups and a slow first trial: share of runs in which they are seen", header, rows)


Draw = Callable[[random.Random, int], list[float]]


def shaped() -> Iterator[tuple[str, Draw]]:
    """Names and ways to draw trials: one group first, then two, then a slow first one."""
    for noise in NOISES:
        if noise != "bimodal":
            yield f"{noise}, 5 %", one_group(noise)
    yield (
        "slowing host, 5 %",
        lambda source, n: trials(source, "normal", 0.01, HOSTS["slowing"](source, 0.05)[:n]),
    )
    for distance in (4, 6, 10):
        yield f"two groups {distance} spreads apart", groups_apart(distance)
    for late in (0.05, 0.2):
        yield f"first trial {percent(late)} slower, spread 1 %", slower_first(late)


def one_group(noise: str) -> Draw:
    """Trials of one kind of noise, 5 % of it."""
    return lambda source, n: trials(source, noise, 0.05, [0.0] * n)


def groups_apart(distance: int) -> Draw:
    """Half of the trials take longer, by so many deviations of either half."""
    return lambda source, n: [
        source.gauss(1, 0.01) + 0.01 * distance * (source.random() < 0.5) for _ in range(n)
    ]


def slower_first(late: float) -> Draw:
    """Only the first takes longer."""
    return lambda source, n: [source.gauss(1 + late * (place == 0), 0.01) for place in range(n)]


def shape_shares(draws: int, draw: Draw) -> list[float]:
    """Share seen as two groups with 8, 10, 12 trials, and as a slow first with 6 and 12."""
    source = random.Random(1)
    grouped = [sum(two_groups(draw(source, n)) is not None for _ in range(draws)) for n in (8, 10, 12)]
    late = [sum(slow_first(draw(source, n)) is not None for _ in range(draws)) for n in (6, 12)]
    return [count / draws for count in (*grouped, *late)]


def holds(interval: Interval, truth: float) -> bool:
    """True when the truth lies in the interval."""
    return interval.low <= truth <= interval.high


def percent(share: float) -> str:
    """Such as 94.6 %."""
    return f"{share * 100:.1f} %"


SECTIONS = {"medians": medians, "ratios": ratios, "floor": floor, "decisions": decisions, "shapes": shapes}


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000, metavar="N", help="sweeps a line of a table")
    parser.add_argument("--only", choices=SECTIONS, help="one table")
    arguments = parser.parse_args()
    assert ROUNDS == REPEATS
    for name, section in SECTIONS.items():
        if arguments.only in (None, name):
            section(arguments.draws)
    return 0


if __name__ == "__main__":
    sys.exit(main())
