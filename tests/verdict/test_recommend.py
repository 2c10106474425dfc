"""The worker count to use, what caps it, what to measure next, and from how many tasks on it pays."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict.laws import Law
from gil_tui.verdict.recommend import Cap, best_workers, caps, pays_from_tasks, worker_bytes
from tests.benchmarks.recommendation import KINDS, simulate

MB = 1_000_000


def walls(speedups: dict[int, float], cv: float = 0.005, trials: int = 8) -> dict[int, list[float]]:
    source = random.Random(7)
    return {
        n: [source.lognormvariate(0, cv) / speedup for _ in range(trials)] for n, speedup in speedups.items()
    }


@pytest.mark.parametrize(
    ("speedups", "workers", "low", "high", "wanted"),
    [
        ({1: 1.0, 2: 1.95, 4: 1.97}, 2, 2, 2, ()),
        ({1: 1.0, 2: 1.95, 4: 1.9, 8: 1.5}, 2, 2, 2, ()),
        ({1: 1.0, 2: 2.0, 4: 4.0}, 4, 4, 4, (8,)),
        ({1: 1.0, 2: 1.0, 4: 1.02}, 1, 1, 1, ()),
        ({2: 1.9}, 2, 2, 2, (4,)),
        ({1: 1.0, 4: 0.5}, 1, 1, 1, ()),
    ],
)
def test_best_workers(
    speedups: dict[int, float], workers: int, low: int, high: int, wanted: Sequence[int]
) -> None:
    best = best_workers(walls(speedups))
    assert best is not None
    assert (best.workers, best.low, best.high, best.next_workers) == (workers, low, high, wanted)
    assert best.resolved == (not wanted)
    assert best.sure > 0.95 and best.regret < 0.05


def test_noise_leaves_the_count_open() -> None:
    best = best_workers(walls({2: 1.8, 4: 2.0, 8: 2.0}, cv=0.2))
    assert best is not None
    assert best.low < best.high
    assert best.sure < 0.95


def test_nothing_to_choose_from() -> None:
    assert best_workers({}) is None
    assert best_workers({2: []}) is None
    assert best_workers(walls({2: 2.0, 4: 4.0}), cap=Cap("memory", 1, memory_workers=1)) is None


def test_the_same_trials_give_the_same_answer() -> None:
    measured = walls({1: 1.0, 2: 1.7, 4: 1.75}, cv=0.05)
    assert best_workers(measured) == best_workers(measured)


def test_memory_allows_no_larger_count() -> None:
    cap = caps(cpus=16, cpu_share=1.0, available_bytes=1000 * MB, base_bytes=100 * MB, worker_bytes=100 * MB)
    assert cap == Cap("memory", 9, 9, 16, 100 * MB, 1000 * MB)
    linear = walls({1: 1.0, 4: 4.0, 8: 8.0, 16: 16.0})
    best = best_workers(linear, cap=cap)
    assert best is not None
    assert (best.workers, best.next_workers) == (8, (9,))


def test_cpus_cap_what_only_computes() -> None:
    best = best_workers(walls({1: 1.0, 2: 2.0, 4: 4.0, 8: 4.6}), cap=caps(cpus=4, cpu_share=1.0))
    assert best is not None
    assert (best.workers, best.next_workers, best.capped) == (4, (), True)
    assert caps(cpus=4, cpu_share=0.01) == Cap("cpus", 800, None, 800)
    assert caps(cpus=4, cpu_share=None) is None
    assert caps(cpus=0.5, cpu_share=1.0) == Cap("cpus", 1, None, 1)


def test_what_waits_too_may_use_more_workers_than_would_fill_the_cpus() -> None:
    best = best_workers(walls({1: 1.0, 4: 3.3, 8: 3.9}), cap=caps(cpus=2, cpu_share=0.5))
    assert best is not None
    assert best.workers == 8


def test_a_law_says_where_between_two_counts_more_is_to_be_had() -> None:
    law = Law("usl", {"gamma": 1.0, "sigma": 0.0, "kappa": 1 / 36}, 0.0, 0.0)
    measured = walls({n: law.speedup(n) for n in (1, 2, 16)})
    best = best_workers(measured, law=law)
    assert best is not None
    assert len(best.next_workers) == 1 and 4 <= best.next_workers[0] <= 7
    between = walls({n: law.speedup(n) for n in (1, 2, 4, 6, 8, 16)})
    best = best_workers(between, law=law)
    assert best is not None and best.resolved


def test_memory_of_one_more_worker() -> None:
    assert worker_bytes(
        {1: [30 * MB, 31 * MB], 2: [50 * MB], 4: [92 * MB, 91 * MB, 500 * MB]}
    ) == pytest.approx(20.5 * MB, rel=0.05)
    assert worker_bytes({2: [50 * MB]}) is None
    assert worker_bytes({}) is None
    assert worker_bytes({1: [30 * MB], 2: [29 * MB]}) is None


@pytest.mark.parametrize(
    ("startup_s", "task_s", "pooled_s", "workers", "tasks"),
    [
        (0.0, 0.02, 0.0101, 2, 2),
        (0.061, 0.1, 0.052, 2, 2),
        (0.4, 0.02, 0.011, 2, 45),
        (1.0, 0.001, 0.0005, 2, 2000),
        (0.1, 0.02, 0.02, 2, None),
        (0.1, 0.02, 0.03, 2, None),
        (0.0, 0.02, 0.0199, 1, 1),
    ],
)
def test_processes_pay_from_so_many_tasks_on(
    startup_s: float, task_s: float, pooled_s: float, workers: int, tasks: int | None
) -> None:
    assert pays_from_tasks(startup_s, task_s, pooled_s, workers) == pytest.approx(tasks, abs=1)


@given(st.floats(0, 2), st.floats(1e-4, 1), st.floats(0.05, 0.95), st.integers(1, 32))
def test_from_there_on_the_pool_never_loses(
    startup_s: float, task_s: float, share: float, workers: int
) -> None:
    pooled_s = task_s * share
    pays = pays_from_tasks(startup_s, task_s, pooled_s, workers)

    def loses(tasks: int) -> bool:
        return tasks * task_s < startup_s + -(-tasks // workers) * workers * pooled_s - 1e-6

    assert pays is not None
    assert not any(loses(tasks) for tasks in range(pays, pays + 3 * workers))
    assert pays == 1 or tasks_lost(pays - 1, startup_s, task_s, pooled_s, workers)


def tasks_lost(tasks: int, startup_s: float, task_s: float, pooled_s: float, workers: int) -> bool:
    return tasks * task_s <= startup_s + -(-tasks // workers) * workers * pooled_s + 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_the_count_gives_little_away_on_curves_whose_truth_is_known(kind: str) -> None:
    outcomes = list(simulate(kind, 0.03, 25, draws=100))
    assert sum(one.regret <= 0.05 + 1e-9 for one in outcomes) >= 24
    assert sum(one.followed <= 0.10 for one in outcomes) >= 23
    assert sum(one.covered for one in outcomes) >= 23
