"""What one worker foretells of many, on this host and on another."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gil_tui.verdict.bound import (
    EXECUTORS,
    FREE_THREADED,
    Site,
    bound,
    bound_document,
    bounds_of,
    demand_of,
    predicted,
)
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.recommendation_words import bound_rows, ceiling_at, limit_at, speedup_at
from gil_tui.verdict.rehearsal import Phase, rehearse
from gil_tui.verdict.scaling import Demand
from tests.verdict.builders import ASLEEP_1, BUSY, run, sequential

COMPUTES = Demand(0.02, 0.02, 0.02)
RELEASES = Demand(0.02, 0.0, 0.02)
WAITS = Demand(0.02, 0.0002, 0.0002)
HALF = Demand(0.02, 0.01, 0.02)
LOCKED = Demand(0.02, 0.0, 0.02, lock_s=0.01)
FOUR = Site(4.0)


def speedups(executor: str, task: Demand, site: Site = FOUR) -> list[float]:
    return [round(predicted(executor, task, n, site) * task.wall_s, 2) for n in (1, 2, 4, 8)]


@pytest.mark.parametrize(
    ("executor", "task", "expected"),
    [
        ("threads", COMPUTES, [1, 1, 1, 1]),
        ("processes", COMPUTES, [1, 2, 4, 4]),
        ("interpreters", COMPUTES, [1, 2, 4, 4]),
        (FREE_THREADED, COMPUTES, [1, 2, 4, 4]),
        ("asyncio", COMPUTES, [1, 1, 1, 1]),
        ("threads", RELEASES, [1, 2, 4, 4]),
        ("asyncio", RELEASES, [1, 1, 1, 1]),
        ("threads", WAITS, [1, 2, 4, 8]),
        ("asyncio", WAITS, [1, 2, 4, 8]),
        ("processes", WAITS, [1, 2, 4, 8]),
        ("processes:spawn", COMPUTES, [1, 2, 4, 4]),
        ("threads@0.5ms", COMPUTES, [1, 1, 1, 1]),
        ("dask", COMPUTES, [1, 2, 4, 4]),
    ],
)
def test_pure_work_reaches_the_bound(executor: str, task: Demand, expected: list[float]) -> None:
    assert speedups(executor, task) == pytest.approx(expected, rel=0.01)


def test_workers_wait_for_each_other_before_a_resource_is_full() -> None:
    two = predicted("threads", HALF, 2, FOUR) * HALF.wall_s
    assert 1.6 < two < 1.95
    assert 1.9 < predicted("threads", HALF, 8, FOUR) * HALF.wall_s <= 2.0
    assert bound("threads", HALF, 2, FOUR).tasks_per_s * HALF.wall_s == 2
    assert predicted("asyncio+threads", HALF, 2, FOUR) == predicted("threads", HALF, 2, FOUR)
    assert 1.5 < predicted(FREE_THREADED, LOCKED, 2, FOUR) * LOCKED.wall_s < 1.95


@pytest.mark.parametrize(
    ("executor", "task", "workers", "site", "limit"),
    [
        ("threads", COMPUTES, 2, FOUR, "gil"),
        ("threads", RELEASES, 2, FOUR, "workers"),
        ("threads", RELEASES, 8, FOUR, "cpus"),
        ("threads", LOCKED, 4, FOUR, "lock"),
        ("asyncio", COMPUTES, 4, FOUR, "loop"),
        ("processes", COMPUTES, 64, Site(64.0, handover_s=0.001), "hand-over"),
    ],
)
def test_what_sets_the_limit_is_named(
    executor: str, task: Demand, workers: int, site: Site, limit: str
) -> None:
    assert bound(executor, task, workers, site).limit == limit


def test_handing_over_costs_processes_what_it_takes() -> None:
    tiny = Demand(1e-4, 1e-4, 1e-4)
    assert bound("processes", tiny, 4, Site(4.0, handover_s=2e-4)).tasks_per_s == pytest.approx(5000)
    assert predicted("processes", tiny, 1, Site(4.0, handover_s=1e-4)) == pytest.approx(5000)


def test_virtual_cpus_that_share_a_core_do_less_together() -> None:
    shared = Site(2.0, core_speed=0.8)
    assert speedups("processes", COMPUTES, shared)[:2] == [1.0, 1.6]
    assert speedups("processes", WAITS, shared)[:2] == pytest.approx([1.0, 2.0], rel=0.01)


def parts(facts: RunFacts) -> tuple[float, ...]:
    task = demand_of(facts)
    assert task is not None
    return task.wall_s, task.gil_s, task.cpu_s


def test_a_task_is_read_off_the_run_with_one_worker() -> None:
    assert parts(sequential()) == (0.1, 0.1, 0.1)
    assert parts(sequential(observation=replace(BUSY, held=0.3))) == pytest.approx((0.1, 0.03, 0.1))
    assert parts(sequential(observation=ASLEEP_1, cores_used=0.01)) == pytest.approx((0.1, 0.0, 0.001))


def test_time_in_the_run_queue_belongs_to_other_programs() -> None:
    crowded = replace(BUSY, cpu=0.3, run_queue=0.2, sleep=0.5, held=0.5)
    facts = sequential(observation=crowded, cores_used=0.3)
    assert parts(facts) == pytest.approx((0.08, 0.03, 0.03))
    waiting_with_the_gil = replace(crowded, cpu=0.1, run_queue=0.0, held=0.9)
    assert parts(sequential(observation=waiting_with_the_gil, cores_used=0.1)) == pytest.approx(
        (0.1, 0.09, 0.01)
    )


def test_a_lock_counts_where_the_workload_tells_of_it() -> None:
    task = demand_of(sequential(lock_s=0.08, gil_enabled=False))
    assert task is not None and task.lock_s == 0.08
    found = bound("threads", task, 8, FOUR)
    assert found.tasks_per_s == pytest.approx(12.5) and found.limit == "lock"


def test_without_the_gauge_all_computing_counts_as_held() -> None:
    assert parts(sequential(observation=None, cores_used=0.4)) == pytest.approx((0.1, 0.04, 0.04))
    assert parts(sequential(observation=None, gil_enabled=False)) == (0.1, 0.0, 0.1)


@pytest.mark.parametrize(
    "facts",
    [
        run("threads", 2),
        sequential(wall_s=None),
        sequential(tasks=None),
        sequential(observation=None, cores_used=None),
    ],
)
def test_what_tells_nothing_of_one_worker(facts: RunFacts) -> None:
    assert demand_of(facts) is None
    assert bounds_of(facts, 8) == ()


def test_the_curves_of_all_executors_are_documents() -> None:
    documents = bounds_of(sequential(), 8)
    assert [one["executor"] for one in documents] == list(EXECUTORS)
    assert json.loads(json.dumps(documents)) == list(documents)
    here = {one["executor"]: dict(map(tuple, one["curve"])) for one in documents}
    assert here["processes"][8] == pytest.approx(2.0)
    there = bounds_of(sequential(), 8, Site(16.0), ["processes"])
    assert there[0]["curve"][-1] == [8, pytest.approx(8.0)]
    assert documents[0]["ceiling"][0] == [1, pytest.approx(1.0)]


def test_a_python_without_a_gil_has_no_second_kind_of_threads() -> None:
    executors = [one["executor"] for one in bounds_of(sequential(gil_enabled=False), 4)]
    assert FREE_THREADED not in executors
    assert bounds_of(sequential(gil_enabled=False), 4)[0]["curve"][1] == [2, pytest.approx(2.0)]


def test_many_workers_are_drawn_with_few_points() -> None:
    document = bound_document("threads", HALF, 512, Site(64.0))
    assert document["curve"][-1][0] == 512
    assert len(document["curve"]) <= 16


def test_curves_are_rows_of_a_table() -> None:
    rows = bound_rows(bounds_of(sequential(), 64, Site(16.0), ["threads", "processes"]), [1, 2, 16, 50])
    assert rows == [
        ["threads", "1.00x", "1.00x", "1.00x", "1.00x", "the GIL"],
        ["processes", "1.00x", "2.00x", "16.0x", "16.0x", "the CPUs"],
    ]


def test_what_limits_is_told_for_each_count() -> None:
    fit = bound_document("processes", HALF, 64, Site(8.0))
    assert [limit_at(fit, count) for count in (1, 64)] == ["the workers", "the CPUs"]
    older = {"curve": [[1, 1.0], [4, 4.0]], "limit": "gil"}
    assert limit_at(older, 2) == "the GIL"
    assert (speedup_at(older, 2), speedup_at(older, 9), ceiling_at(older, 2)) == (2.0, 4.0, None)
    assert ceiling_at(fit, 64) == pytest.approx(fit["ceiling"][-1][1])


shares = st.floats(0, 1)


@settings(max_examples=60, deadline=None)
@given(shares, shares, shares, st.sampled_from(EXECUTORS), st.integers(1, 24), st.floats(0.5, 32))
def test_nothing_passes_the_bound(
    cpu: float, held: float, lock: float, executor: str, workers: int, cpus: float
) -> None:
    task = Demand(0.02, 0.02 * held, 0.02 * cpu, 0.02 * lock)
    site = Site(cpus)
    rate = predicted(executor, task, workers, site)
    assert 0 < rate <= bound(executor, task, workers, site).tasks_per_s
    assert rate * 0.02 >= min(1.0, cpus) * 0.95
    assert math.isfinite(rate)


def test_cpus_are_shared_and_locks_are_not() -> None:
    computing, holding = Phase(0.01, True), Phase(0.01, False, ("lock",))
    assert rehearse([computing], 8, 2.0) == pytest.approx(200, rel=0.02)
    assert rehearse([computing], 1, 0.5) == pytest.approx(50, rel=0.02)
    assert rehearse([holding], 8, 2.0) == pytest.approx(100, rel=0.02)
    assert rehearse([Phase(0.01, False)], 8, 2.0) == pytest.approx(800, rel=0.05)
    assert rehearse([Phase(0.01, True, ("lock", "gil")), Phase(0.01, True, ("gil",))], 4, 4.0) > 45
