"""Speed-up laws against published numbers, the bottleneck bound, the worker count to use."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict.scaling import (
    Demand,
    amdahl_ceiling,
    amdahl_speedup,
    best_workers,
    efficiency,
    processes_bound,
    serial_fraction,
    threads_bound,
)
from tests.verdict.builders import around

seconds = st.floats(0.001, 100)
counts = st.integers(1, 512)


@pytest.mark.parametrize(
    ("workers", "speedup", "fraction"),
    [
        # Quinn, Parallel Programming in C with MPI and OpenMP, 7.5: serial code, then growing overhead
        (2, 1.82, 0.099),
        (4, 3.08, 0.100),
        (6, 4.00, 0.100),
        (8, 4.71, 0.100),
        (2, 1.87, 0.070),
        (4, 3.23, 0.079),
        (6, 4.14, 0.090),
        (8, 4.71, 0.100),
        (2, 1.0, 1.0),
        (2, 2.0, 0.0),
        (4, 2.0, 1 / 3),
        (4, 0.5, 7 / 3),
    ],
)
def test_serial_fraction(workers: int, speedup: float, fraction: float) -> None:
    assert serial_fraction(speedup, workers) == pytest.approx(fraction, abs=6e-4)


def test_one_worker_has_no_serial_fraction() -> None:
    assert serial_fraction(1.0, 1) is None
    assert serial_fraction(0.0, 4) is None


@given(st.floats(0, 1), st.integers(2, 1000))
def test_karp_and_flatt_is_the_inverse_of_amdahl(serial: float, workers: int) -> None:
    assert serial_fraction(amdahl_speedup(serial, workers), workers) == pytest.approx(serial, abs=1e-9)
    assert amdahl_speedup(serial, workers) <= min(workers, amdahl_ceiling(serial)) * (1 + 1e-9)


def test_amdahls_ceiling() -> None:
    assert amdahl_ceiling(0.05) == 20
    assert amdahl_ceiling(0.0) == math.inf
    assert efficiency(1.5, 2) == 0.75


def test_the_bound_of_a_half_gil_bound_task() -> None:
    task = Demand(wall_s=0.04, gil_s=0.02, cpu_s=0.04)
    assert [threads_bound(task, n, 8) for n in (1, 2, 4)] == [25, 50, 50]
    assert [processes_bound(task, n, 8) for n in (1, 2, 4, 16)] == [25, 50, 100, 200]
    assert threads_bound(Demand(0.04, 0.0, 0.0, lock_s=0.01), 64, 8) == 100


@given(seconds, seconds, seconds, counts, st.floats(0.1, 256))
def test_processes_never_carry_less_than_threads(
    wall: float, gil: float, cpu: float, workers: int, cpus: float
) -> None:
    task = Demand(wall, gil, cpu)
    threads, processes = threads_bound(task, workers, cpus), processes_bound(task, workers, cpus)
    assert threads <= processes
    assert processes <= processes_bound(task, workers + 1, cpus)
    assert processes * cpu <= cpus * (1 + 1e-9)


@pytest.mark.parametrize(
    ("medians", "workers", "low", "high", "resolved"),
    [
        ({1: 1.0, 2: 1.95, 4: 1.97}, 2, 2, 2, True),
        ({1: 1.0, 2: 1.95, 4: 1.9, 8: 1.5}, 2, 2, 2, True),
        ({1: 1.0, 2: 2.0, 4: 4.0}, 4, 4, 4, False),
        ({1: 1.0, 2: 1.0, 4: 1.02}, 1, 1, 1, True),
        ({2: 1.9}, 2, 2, 2, False),
    ],
)
def test_best_workers(
    medians: dict[int, float], workers: int, low: int, high: int | None, resolved: bool
) -> None:
    best = best_workers({count: around(value) for count, value in medians.items()})
    assert best is not None
    assert (best.workers, best.low, best.high, best.resolved) == (workers, low, high, resolved)


def test_wide_intervals_leave_the_count_open() -> None:
    best = best_workers({2: around(1.7, 0.2), 4: around(2.0, 0.2), 8: around(2.0, 0.3)})
    assert best is not None
    assert (best.workers, best.low, best.high) == (4, 2, None)


def test_nothing_to_choose_from() -> None:
    assert best_workers({}) is None


@given(st.dictionaries(counts, st.floats(0.01, 100), min_size=1))
def test_the_chosen_count_is_within_five_per_cent(medians: dict[int, float]) -> None:
    best = best_workers({count: around(value, 0.02) for count, value in medians.items()})
    assert best is not None
    assert best.speedup.median >= 0.95 * max(medians.values())
    assert best.low <= best.workers
    assert best.high is None or best.high >= best.workers
