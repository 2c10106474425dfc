"""Whether the worker count that is recommended is right: on curves whose truth is known, and on real ones.

Known truth: random curves of each kind, log-normal noise of 1 to 10 % on every trial, six to twelve trials a
count as in a sweep. *Regret* is the share of the best true throughput that the recommended count gives away,
among the counts measured; *followed* is the same after measuring what `next_workers` asks for until nothing
is asked, against every count that the host allows. *Covered* is how often the interval has the true smallest
count within 5 % of the best, *span* how many counts it has, *asked* how often more was to be measured.

Held out: real sweeps (`gil-tui run ... --json`, given as files, or a small one that is run here with --run).
Each count in turn is kept from the recommendation, which is then held against the best of all counts: it
should be within 5 % of it, or ask for more to be measured. The law fitted without it is asked for its
throughput.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.lab.judge import run_facts
from gil_tui.lab.records import Run
from gil_tui.verdict.group import Group
from gil_tui.verdict.laws import fit_laws
from gil_tui.verdict.recommend import WITHIN_BEST, BestWorkers, Cap, best_workers, caps
from gil_tui.verdict.scaling import Usl
from gil_tui.verdict.sweep import diagnose_sweep
from tests.benchmarks.table import print_table

GRID = (1, 2, 4, 8, 16)
MOST = 64
"""Workers that a host allows in the simulation where nothing else caps them."""
ROUNDS_AT_MOST = 5
MB = 1_000_000
GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
SWEEPS = (
    "run countdown -e threads,processes -w 1,2,3,4,8",
    "run sha256 -e threads,processes -w 1,2,3,4,8",
    "run sleep -e threads -w 1,2,4,8,16",
)


@dataclass(frozen=True, slots=True)
class Truth:
    """A curve without noise, and what the host allows."""

    speedup: Callable[[int], float]
    cap: Cap | None = None

    @property
    def allowed(self) -> int:
        """The largest count that may be recommended."""
        return min(MOST, self.cap.workers) if self.cap else MOST

    def best(self, counts: Sequence[int]) -> float:
        """The best throughput of these counts."""
        return max(self.speedup(count) for count in counts)

    def regret(self, workers: int, counts: Sequence[int]) -> float:
        """Share of it that so many workers give away."""
        return max(0.0, 1 - self.speedup(workers) / self.best(counts))

    def enough(self, counts: Sequence[int]) -> int:
        """The smallest of these counts within 5 % of the best."""
        reach = WITHIN_BEST * self.best(counts)
        return min(count for count in counts if self.speedup(count) >= reach)


def _linear(source: random.Random) -> Truth:
    return Truth(lambda n: float(n), Cap("cpus", MOST, cpu_workers=MOST))


def _amdahl(source: random.Random) -> Truth:
    return Truth(Usl(source.uniform(0.02, 0.5), 0.0, 1.0).throughput)


def _usl(source: random.Random) -> Truth:
    sigma, peak = source.uniform(0.0, 0.3), source.uniform(2.0, 24.0)
    return Truth(Usl(sigma, (1 - sigma) / peak**2, 1.0).throughput)


def _flat(source: random.Random) -> Truth:
    slope = source.uniform(-0.005, 0.0)
    return Truth(lambda n: 1.0 + slope * (n - 1))


def _roofline(source: random.Random) -> Truth:
    cpus = source.choice([2, 3, 4, 6, 8, 12])
    return Truth(lambda n: min(float(n), float(cpus)), caps(cpus=cpus, cpu_share=1.0))


def _memory(source: random.Random) -> Truth:
    each = source.uniform(20, 200) * MB
    cap = caps(
        cpus=MOST,
        cpu_share=1.0,
        available_bytes=round(each * source.uniform(3, 14)),
        base_bytes=round(each),
        worker_bytes=round(each),
    )
    return Truth(Usl(source.uniform(0.0, 0.05), 0.0, 1.0).throughput, cap)


def _shallow(source: random.Random) -> Truth:
    """Four workers are nearly as good as eight: within 5 % of them, or just not."""
    nearly = source.uniform(0.92, 0.98)
    return Truth(lambda n: min(n, 4.0) * (1.0 if n >= 8 else nearly if n >= 4 else 0.9), Cap("cpus", 16))


KINDS = {
    "linear": _linear,
    "Amdahl": _amdahl,
    "USL with a peak": _usl,
    "flat": _flat,
    "roofline": _roofline,
    "memory-capped": _memory,
    "nearly level": _shallow,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recommendation held against the truth."""

    regret: float
    followed: float
    covered: bool
    span: int
    asked: int


def simulate(kind: str, cv: float, number: int, draws: int = 300) -> Iterator[Outcome]:
    """`number` random curves of a kind with noise of this coefficient of variation, by a fixed seed."""
    source = random.Random(f"{kind} {cv}")
    for _ in range(number):
        truth = KINDS[kind](source)
        yield _outcome(truth, cv, source, draws)


def _outcome(truth: Truth, cv: float, source: random.Random, draws: int) -> Outcome:
    counts = [count for count in GRID if count <= truth.allowed]
    walls_s = {count: _trials(truth, count, cv, source) for count in counts}
    first = best = _recommended(walls_s, truth.cap, draws)
    asked = 0
    while best.next_workers and asked < ROUNDS_AT_MOST:
        asked += 1
        for count in best.next_workers:
            walls_s[count] = _trials(truth, count, cv, source)
        best = _recommended(walls_s, truth.cap, draws)
    return Outcome(
        regret=truth.regret(first.workers, counts),
        followed=truth.regret(best.workers, range(1, truth.allowed + 1)),
        covered=first.low <= truth.enough(counts) <= first.high,
        span=sum(first.low <= count <= first.high for count in counts),
        asked=asked,
    )


def _trials(truth: Truth, count: int, cv: float, source: random.Random) -> list[float]:
    return [source.lognormvariate(0.0, cv) / truth.speedup(count) for _ in range(source.randint(6, 12))]


def _recommended(walls_s: Mapping[int, Sequence[float]], cap: Cap | None, draws: int) -> BestWorkers:
    alone_s = statistics.median(walls_s[1])
    laws = fit_laws({count: [alone_s / wall for wall in walls] for count, walls in walls_s.items()})
    best = best_workers(walls_s, cap=cap, law=laws[0] if laws else None, draws=draws)
    assert best is not None
    return best


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """One row: regrets of the first recommendation and of the followed one, coverage, questions asked."""
    regrets, followed = ([getattr(one, name) for one in outcomes] for name in ("regret", "followed"))
    return [
        str(len(outcomes)),
        f"{statistics.fmean(regrets):.1%}",
        f"{quantile(regrets, 0.95):.1%}",
        f"{small(regrets):.0%}",
        f"{statistics.fmean(followed):.1%}",
        f"{small(followed):.0%}",
        f"{sum(one.covered for one in outcomes) / len(outcomes):.0%}",
        f"{statistics.fmean([one.span for one in outcomes]):.1f}",
        f"{statistics.fmean([one.asked for one in outcomes]):.1f}",
    ]


def small(regrets: Sequence[float]) -> float:
    """Share of the regrets that are at most 5 %."""
    return sum(regret <= 1 - WITHIN_BEST + 1e-9 for regret in regrets) / len(regrets)


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A recommendation without one worker count of a real sweep; `asked` for what was kept from it."""

    label: str
    left_out: int
    workers: int
    regret: float
    asked: tuple[int, ...]
    law: str
    law_error: float | None


def held_out(document: Mapping[str, Any]) -> Iterator[HeldOut]:
    """Each worker count of each executor of a real sweep kept from the recommendation and from the law."""
    facts = [run_facts(Run.from_json(run)) for run in document["runs"]]
    verdict, _ = diagnose_sweep(facts)
    if verdict.code == "unsure":
        print(f"left out: {facts[0].workload}: {verdict.sentence}")
        return
    for run in facts:
        own = {one.workers: statistics.median(one.walls_s) for one in facts if one.spread == run.spread}
        if len(own) < 3 or not run.walls_s:
            continue
        group = Group.of([one for one in facts if one is not run])
        best, law = group.bests[run.spread], group.laws.get(run.spread)
        error = None
        if law is not None and law.refused is None and group.baseline:
            true = statistics.median(group.baseline.walls_s) / own[run.workers]
            error = law.speedup(run.workers) / true - 1
        yield HeldOut(
            f"{run.workload} {run.spread}",
            run.workers,
            best.workers,
            max(0.0, 1 - min(own.values()) / own[best.workers]),
            best.next_workers,
            "none" if law is None else law.model if law.refused is None else f"{law.model}, refused",
            error,
        )


def print_held_out(found: Sequence[HeldOut]) -> None:
    """All of them, and what remains of the regrets where nothing more was asked for."""
    rows = [
        [
            one.label,
            str(one.left_out),
            str(one.workers),
            f"{one.regret:.1%}",
            ",".join(map(str, one.asked)) or "-",
            one.law,
            "-" if one.law_error is None else f"{one.law_error:+.0%}",
        ]
        for one in found
    ]
    heading = ["sweep", "without", "workers", "regret", "next", "law", "its error there"]
    print_table("Held out: the recommendation without one count, against the best of all", heading, rows)
    settled = [one.regret for one in found if not one.asked]
    missed = [one for one in found if one.regret > 1 - WITHIN_BEST]
    print(
        f"\n{len(settled)} of {len(found)} asked for nothing more: {small(settled) if settled else 1:.0%} of "
        f"them gave away at most 5 %; {len(missed)} of all gave away more, "
        f"{sum(bool(one.asked) for one in missed)} of those asked for more to be measured."
    )


def run_sweeps(repeats: int) -> Iterator[Mapping[str, Any]]:
    """Small real sweeps on this host."""
    for sweep in SWEEPS:
        command = [GIL_TUI, *sweep.split(), "--repeats", str(repeats), "--json", "--no-save", "--no-watch"]
        finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=600)
        yield json.loads(finished.stdout)


def main() -> None:
    """Simulate, and hold real sweeps against themselves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=100, help="random curves of each kind and noise")
    parser.add_argument("--draws", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--noise", default="0.01,0.03,0.05,0.1", help="coefficients of variation")
    parser.add_argument("--run", action="store_true", help="run small sweeps here")
    parser.add_argument("--repeats", type=int, default=6)
    parser.add_argument("sweeps", nargs="*", type=Path, help="documents of gil-tui run --json")
    options = parser.parse_args()
    rows, every = [], []
    for cv in map(float, options.noise.split(",")):
        for kind in KINDS:
            outcomes = list(simulate(kind, cv, options.curves, options.draws))
            every += outcomes
            rows.append([f"{kind}, noise {cv:.0%}", *summary(outcomes)])
    if every:
        print_table(
            "Known truth: regret on the counts measured, and after following `next_workers`",
            [
                "curve",
                "curves",
                "regret",
                "95 % of",
                "<= 5 %",
                "followed",
                "<= 5 %",
                "covered",
                "span",
                "asked",
            ],
            [*rows, ["all", *summary(every)]],
        )
    documents = [json.loads(path.read_text()) for path in options.sweeps]
    documents += run_sweeps(options.repeats) if options.run else []
    found = [one for document in documents for one in held_out(document)]
    if found:
        print_held_out(found)


if __name__ == "__main__":
    main()
