"""Speed-up laws against published numbers, and the bottleneck bound."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict.scaling import (
    Demand,
    Usl,
    amdahl_ceiling,
    amdahl_speedup,
    efficiency,
    fit_usl,
    processes_bound,
    serial_fraction,
    threads_bound,
)

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


# the SPEC SDM91 benchmark, `specsdm91` of the R package usl; coefficients of its tests/usl-nlxb.Rout.save
SDM91 = ([1, 18, 36, 72, 108, 144, 216], [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2])
# `raytracer` of the same package, from Gunther, Guerrilla Capacity Planning; tests/confint.Rout.save
RAYTRACER = (
    [1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64],
    [20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310],
)
# the Cisco benchmark of Schwartz, Practical Scalability Analysis, in the tests of codahale/usl4j
CISCO = (
    list(range(1, 33)),
    [
        *(955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08),
        *(7219.8, 7867.61, 8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24),
        *(10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806, 12089.37),
        *(12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39),
    ],
)
# the same package's tests/usl-nls.R: numbers made from 0.02, 0.02, 1
MADE = ([1, 2, 4, 6, 8, 10], [1, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557])


@pytest.mark.parametrize(
    ("measured", "sigma", "kappa", "gamma", "peak"),
    [
        (SDM91, 0.0277285, 1.043655e-4, 89.9952330, 96.52),
        (RAYTRACER, 0.0578, 0.0, 21.8488, None),
        (CISCO, 0.02671591, 7.690945e-4, 995.6486, 35.57),
        (MADE, 0.02, 0.02, 1.0, 7.0),
    ],
    ids=["specsdm91", "raytracer", "cisco", "made"],
)
def test_the_usl_of_published_measurements(
    measured: tuple[list[float], list[float]], sigma: float, kappa: float, gamma: float, peak: float | None
) -> None:
    law = fit_usl(*measured)
    assert (law.sigma, law.kappa, law.gamma) == pytest.approx((sigma, kappa, gamma), rel=1e-3)
    assert law.peak == (peak and pytest.approx(peak, rel=1e-3))


def test_the_order_of_the_measurements_does_not_matter() -> None:
    workers, throughput = SDM91
    backwards = fit_usl(workers[::-1], throughput[::-1])
    assert backwards.sigma == pytest.approx(fit_usl(workers, throughput).sigma)


@given(st.floats(0, 0.9), st.floats(1e-5, 0.1), st.floats(1e-3, 1e6))
def test_a_law_without_noise_is_found_again(sigma: float, kappa: float, gamma: float) -> None:
    true, counts = Usl(sigma, kappa, gamma), [1, 2, 4, 8, 16, 32]
    law = fit_usl(counts, [true.throughput(count) for count in counts])
    assert (law.sigma, law.kappa) == pytest.approx((sigma, kappa), rel=1e-3, abs=1e-6)
    assert law.gamma == pytest.approx(gamma, rel=1e-4)


@pytest.mark.parametrize(
    "speedups", [[1, 2, 4], [1, 2.2, 4.8], [1, 1, 1], [1, 1.9, 3.3]], ids=["linear", "more", "flat", "amdahl"]
)
def test_what_only_grows_has_no_peak(speedups: list[float]) -> None:
    law = fit_usl([1, 2, 4], speedups)
    assert law.peak is None or law.peak > 4
    assert law.sigma >= 0 and law.kappa >= 0


def test_workers_that_only_harm() -> None:
    law = fit_usl([1, 2, 4], [1, 0.5, 0.1])
    assert law.peak is not None and law.peak <= 1


@pytest.mark.parametrize(
    ("workers", "throughput", "why"),
    [
        ([1], [1], "1 different"),
        ([1, 2], [1, 2], "2 different"),
        ([2, 2, 4, 4], [1, 1.1, 2, 2.1], "2 different"),
        ([1, 2, 4], [1, 0, 2], "above 0"),
        ([0, 2, 4], [1, 2, 2], "above 0"),
        ([1, 2, 4], [1, 2, math.nan], "above 0"),
    ],
)
def test_too_little_for_a_law(workers: list[float], throughput: list[float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        fit_usl(workers, throughput)
