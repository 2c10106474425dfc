"""The verdict on a sweep: the one sentence on top of the screen, and the workers to use."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gil_tui.verdict.bound import EXECUTORS
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.model import CODES
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.recommendation_words import recommendation_rows
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.sweep import PRELIMINARY, bests_of, bounds_elsewhere, diagnose_sweep, fits_of
from tests.verdict.builders import (
    ASLEEP_1,
    ASLEEP_8,
    FULL,
    GIL_2,
    GIL_4,
    LOCKED_4,
    MB,
    RELEASED_2,
    TWO_BUSY,
    around,
    run,
    sequential,
    watched,
)

THREADS = [
    run("threads", 2, 1.01, observation=GIL_2, peak_bytes=10 * MB),
    run("threads", 4, 1.02, observation=GIL_4, peak_bytes=10 * MB),
]
PROCESSES = [
    run("processes", 2, 1.91, observation=TWO_BUSY, peak_bytes=34 * MB),
    run("processes", 4, 1.92, observation=FULL, peak_bytes=60 * MB, startup_s=0.12),
]
ASLEEP = sequential(observation=ASLEEP_1, cores_used=0.01)
NATIVE = sequential(observation=watched(cpu=1.0, held=0.02, held_sum=0.02, waiting=0, busiest_cpu=1.0))
FREE_THREADED = {
    "gil_enabled": False,
    "free_threaded": True,
    "python": "CPython 3.13.5 free-threaded",
    "work": "t",
}


def without_speedup(facts: RunFacts) -> RunFacts:
    return replace(facts, speedup=None)


FAILED = without_speedup(run("processes", 2, wall_s=None, status="failed", failure="out of memory"))

CASES: dict[str, tuple[Sequence[RunFacts], str, str, tuple[str, int] | None]] = {
    "gil": (
        [sequential(), *THREADS, *PROCESSES],
        "gil",
        "GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x, +24 MB, 61 ms start",
        ("processes", 2),
    ),
    "gil, processes not tried": (
        [sequential(), *THREADS],
        "gil",
        "GIL-bound: 4 threads do the work of 1.02. Processes would do the work of up to 2.00 on the 2 CPUs "
        "this process may use",
        None,
    ),
    "gil, tasks too small for processes": (
        [sequential(), *THREADS, run("processes", 2, 0.4, task_s=0.0001)],
        "gil",
        "GIL-bound: 4 threads do the work of 1.02. Nothing tried here is faster than one worker",
        None,
    ),
    "gil for a part": (
        [sequential(), run("threads", 4, 1.3, observation=GIL_4), *PROCESSES],
        "gil",
        "GIL-bound: 4 threads do the work of 1.30. Use 2 processes: 1.91x, +24 MB, 61 ms start",
        ("processes", 2),
    ),
    "gil, not watched": (
        [sequential(observation=None), run("threads", 4, 1.0, cores_used=1.0), *PROCESSES],
        "gil",
        "GIL-bound, it seems: 4 threads do the work of 1.00. Use 2 processes: 1.91x, +24 MB, 61 ms start",
        ("processes", 2),
    ),
    "waiting": (
        [
            ASLEEP,
            run("threads", 8, 7.9, observation=ASLEEP_8),
            run("asyncio", 8, 7.8),
            run("processes", 8, 7.7),
        ],
        "io",
        "Waiting, not computing: 8 threads give 7.9x; asyncio 7.8x in one thread",
        ("asyncio", 8),
    ),
    "waiting, asyncio alone": (
        [ASLEEP, run("asyncio", 8, 7.8)],
        "io",
        "Waiting, not computing: asyncio with 8 tasks at once gives 7.8x",
        ("asyncio", 8),
    ),
    "native code": (
        [NATIVE, run("threads", 2, 1.96, observation=RELEASED_2), run("threads", 4, 1.97, observation=FULL)],
        "scales",
        "Threads scale: 2 threads give 1.96x, the code releases the GIL",
        ("threads", 2),
    ),
    "free-threaded": (
        [sequential(**FREE_THREADED), run("threads", 2, 1.9, **FREE_THREADED)],
        "scales",
        "Threads scale: 2 threads give 1.90x, there is no GIL here",
        ("threads", 2),
    ),
    "processes alone": (
        [sequential(), *PROCESSES],
        "scales",
        "Processes scale: 2 processes give 1.91x",
        ("processes", 2),
    ),
    "one CPU": (
        [
            sequential(cpus_effective=1.0),
            run("threads", 4, 0.99, observation=replace(GIL_4, cpus_effective=1.0), cpus_effective=1.0),
            run(
                "processes",
                4,
                0.98,
                observation=replace(FULL, cpu=1.0, cpus_effective=1.0),
                cpus_effective=1.0,
            ),
        ],
        "cores",
        "CPUs full: 4 threads do the work of 0.99; the one CPU this process may use is 100 % busy. Nothing "
        "tried here is faster than one worker",
        None,
    ),
    "lock": (
        [sequential(), run("threads", 4, 1.02, observation=LOCKED_4)],
        "lock",
        "Waiting for a lock: 4 threads do the work of 1.02; 2.9 wait for one. Nothing tried here is faster "
        "than one worker",
        None,
    ),
    "overhead": (
        [sequential(), run("processes", 2, 0.4, task_s=0.0001), run("processes", 4, 0.3, task_s=0.0001)],
        "overhead",
        "Handing the work over costs more than it gains: 4 processes do the work of 0.30; one task takes "
        "0.1 ms. Nothing tried here is faster than one worker",
        None,
    ),
    "computing in asyncio": (
        [sequential(), run("asyncio", 8, 1.0, cores_used=1.0), *PROCESSES],
        "serial",
        "One thread does it all: asyncio with 8 tasks at once does the work of 1.00; in one thread only "
        "waits overlap. Use 2 processes: 1.91x, +24 MB, 61 ms start",
        ("processes", 2),
    ),
    "one run": (
        [sequential()],
        "serial",
        "One busy thread: it computes 100 % of the time and keeps the GIL; nobody waits, but more threads "
        "would; 2 processes would serve up to 2.0 times the load on the 2 CPUs this process may use",
        None,
    ),
    "without a sequential run": (
        [
            without_speedup(run("threads", 1)),
            without_speedup(run("threads", 4, wall_s=around(3.9), observation=GIL_4)),
            without_speedup(run("processes", 2, wall_s=around(2.1), peak_bytes=34 * MB)),
        ],
        "gil",
        "GIL-bound: 4 threads do the work of 1.03. Use 2 processes: 1.90x, +24 MB, 61 ms start",
        ("processes", 2),
    ),
    "unstable": (
        [sequential(marked=3, mark="steal 12%"), replace(THREADS[1], marked=2)],
        "unsure",
        "Unstable: 5 of 12 trials were disturbed (steal 12%); no winner is named. Watched meanwhile: "
        "GIL-bound, 4 threads, 2.8 wait for the GIL",
        None,
    ),
    "one failed": (
        [
            sequential(),
            *THREADS,
            run("processes", 2, None, wall_s=None, status="failed", failure="out of memory"),
        ],
        "gil",
        "GIL-bound: 4 threads do the work of 1.02. Processes would do the work of up to 2.00 on the 2 CPUs "
        "this process may use",
        None,
    ),
    "all failed": (
        [run("sequential", wall_s=None, status="failed", failure="NameError: name 'x' is not defined")],
        "unsure",
        "Failed: NameError: name 'x' is not defined",
        None,
    ),
    "nothing yet": (
        [run("sequential", wall_s=None, status="running", trials=0)],
        "unsure",
        "Nothing measured yet: the first trials are under way",
        None,
    ),
    "nothing": ([], "unsure", "Nothing was run", None),
}


@pytest.mark.parametrize("name", CASES)
def test_sweeps(name: str) -> None:
    runs, code, sentence, winner = CASES[name]
    verdict, best = diagnose_sweep(runs)
    assert (verdict.code, verdict.sentence) == (code, sentence)
    assert (verdict.confidence == 0) == (code == "unsure")
    assert (best and (best["executor"], best["workers"])) == winner


def test_the_best_carries_its_interval_and_its_costs() -> None:
    _, best = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    assert best
    assert {name: best[name] for name in ("executor", "workers", "low", "high", "resolved")} == {
        "executor": "processes",
        "workers": 2,
        "low": 2,
        "high": 2,
        "resolved": True,
    }
    assert best["extra_bytes"] == 24 * MB
    assert best["startup_s"] == 0.061
    assert best["speedup"]["median"] == 1.91


def test_the_largest_count_is_not_the_answer_while_cpus_are_free() -> None:
    runs = [
        sequential(cpus_effective=8.0),
        run("processes", 2, 1.95, cpus_effective=8.0),
        run("processes", 4, 3.8, cpus_effective=8.0),
    ]
    verdict, best = diagnose_sweep(runs)
    assert best
    assert (best["workers"], best["resolved"], best["next_workers"]) == (4, False, [8])
    assert verdict.sentence == "Processes scale: 4 processes give 3.80x. Not resolved: try 8 next"
    assert verdict.advice[-1].action == "Measure 8 processes next"
    _, best = diagnose_sweep([replace(one, cpus_effective=4.0, cores_used=3.9) for one in runs])
    assert best
    assert best["resolved"]


def test_memory_caps_the_workers_and_the_verdict_says_so() -> None:
    facts: dict[str, Any] = {"cpus_effective": 16.0, "available_bytes": 300 * MB}
    sizes = {1: 60 * MB, 2: 110 * MB, 4: 210 * MB, 8: 410 * MB}
    runs = [sequential(**facts)] + [
        run("processes", count, 0.97 * count, peaks_bytes=(size,) * 6, **facts)
        for count, size in sizes.items()
    ]
    verdict, best = diagnose_sweep(runs)
    assert best and best["cap"]
    assert (best["workers"], best["next_workers"], best["capped"]) == (4, [5], False)
    assert {name: best["cap"][name] for name in ("by", "workers", "cpu_workers", "worker_bytes")} == {
        "by": "memory",
        "workers": 5,
        "cpu_workers": 16,
        "worker_bytes": 50 * MB,
    }
    assert verdict.sentence.endswith("Not resolved: try 5 next")
    five = run("processes", 5, 4.8, peaks_bytes=(260 * MB,) * 6, **facts)
    verdict, best = diagnose_sweep([*runs, five])
    assert best and (best["workers"], best["resolved"], best["capped"]) == (5, True, True)
    assert verdict.sentence == "Processes scale: 5 processes give 4.80x. Memory allows 5, no more"
    assert "processes workers that fit in memory" in {row.name for row in verdict.evidence}


def test_what_stands_behind_the_count_is_told_in_labelled_rows() -> None:
    _, best = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    assert best
    assert recommendation_rows(best) == [
        ("use", "2 processes"),
        ("buys", "1.91x (1.89x to 1.93x) the work of one worker"),
        ("costs", "+24 MB, 61 ms to start; pays from 2 tasks of this size on"),
        ("sure", "97 % to be within 5 % of the best measured"),
        ("at most", "2 workers here: the CPUs are full then"),
    ]
    capped = {"executor": "processes:spawn", "workers": 4, "low": 2, "high": 4, "next_workers": [5]}
    cap = {"by": "memory", "workers": 5, "memory_workers": 5, "cpu_workers": 400, "worker_bytes": 50 * MB}
    assert recommendation_rows(capped | {"cap": cap}) == [
        ("use", "4 processes (processes:spawn); 2 to 4 may be the fewest that will do"),
        ("at most", "5 workers here: memory is full then, at 50 MB each"),
        ("next", "not resolved: try 5 next"),
    ]
    assert recommendation_rows({"executor": "threads", "workers": 2}) == [("use", "2 threads")]
    cap |= {"by": "cpus", "cpu_workers": 4}
    rows = dict(recommendation_rows(capped | {"cap": cap, "extra_bytes": -5, "startup_s": None}))
    assert rows["at most"] == "4 workers here: the CPUs are full then; 5 would fit in memory, at 50 MB each"
    assert rows["costs"] == "no memory to speak of"


def test_each_workload_has_its_best() -> None:
    runs = [sequential(), *THREADS, *PROCESSES]
    other = [replace(one, workload="other", work="other 1") for one in runs]
    assert diagnose_sweep([*runs, *other])[1] is None
    bests = bests_of([*runs, *other])
    assert [(best["workload"], best["executor"], best["workers"]) for best in bests] == [
        (runs[0].workload, "processes", 2),
        ("other", "processes", 2),
    ]


def test_bounds_of_another_machine_go_to_its_cores() -> None:
    fits = {fit["executor"]: fit for fit in bounds_elsewhere([sequential(), *PROCESSES], 12.0)}
    assert {fit["model"] for fit in fits.values()} == {"bound"}
    assert fits["processes"]["curve"][-1] == [12, pytest.approx(12.0, rel=0.1)]
    assert fits["threads"]["curve"][-1] == [12, pytest.approx(1.0, rel=0.1)]
    assert [limit for _, limit in fits["processes"]["limits"]][-1] in ("workers", "cpus")


def test_laws_and_bounds_of_a_sweep_are_documents() -> None:
    runs = [sequential(), *THREADS, *PROCESSES]
    fits = fits_of(runs)
    assert json.loads(json.dumps(fits)) == [dict(fit) for fit in fits]
    drawn = {(fit["executor"], fit["model"]) for fit in fits}
    assert {name for name, model in drawn if model != "bound"} == {"threads", "processes"}
    assert {name for name, model in drawn if model == "bound"} == set(EXECUTORS)
    assert all(fit["workload"] == "countdown" and fit["curve"][0][0] == 1 for fit in fits)
    spawned = run("processes:spawn", 2, 1.8, label="processes:spawn x2")
    drawn = {(fit["executor"], fit["model"]) for fit in fits_of([*runs, spawned])}
    assert ("processes:spawn", "bound") in drawn
    bound = next(fit for fit in fits if (fit["executor"], fit["model"]) == ("processes", "bound"))
    assert bound["curve"][1] == [2, pytest.approx(2.0, abs=0.05)]


def test_laws_of_disturbed_trials_are_refused() -> None:
    fits = fits_of([replace(one, marked=6) for one in (sequential(), *THREADS, *PROCESSES)])
    assert {fit["refused"] for fit in fits if fit["model"] != "bound"} == {"too many trials were disturbed"}
    assert {fit["refused"] for fit in fits if fit["model"] == "bound"} == {None}


def test_what_one_worker_foretold_stands_beside_what_was_measured() -> None:
    verdict, _ = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    rows = {row.name: row.value for row in verdict.evidence}
    assert rows["processes x2 foretold"] == pytest.approx(2.0, abs=0.05)
    assert rows["processes x2 pays from"] == 2
    assert rows["processes workers that fill the CPUs"] == 2


def test_advice_is_measured_first_and_in_order_of_gain() -> None:
    verdict, _ = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    assert [(one.action, one.gain) for one in verdict.advice][:2] == [
        ("Use 2 processes", 1.91),
        ("Run it on a free-threaded Python (3.13t or later)", 1.98),
    ]
    assert verdict.advice[0].cost == "+24 MB, 61 ms start"
    assert verdict.advice[0].why == "measured: 1.89x to 1.93x; pays from 2 tasks of this size on"


def test_another_interpreter_is_advice_by_its_work_a_second() -> None:
    free = [
        sequential(**FREE_THREADED, wall_s=around(5.0)),
        run("threads", 2, 1.9, **FREE_THREADED, wall_s=around(2.5)),
    ]
    verdict, _ = diagnose_sweep([sequential(), *THREADS, *free])
    assert verdict.sentence.startswith("GIL-bound: 4 threads do the work of 1.02")
    elsewhere = next(one for one in verdict.advice if one.action.startswith("Run it on CPython"))
    assert elsewhere.action == "Run it on CPython 3.13.5 free-threaded with 2 threads"
    assert elsewhere.gain == 1.6


def test_several_workloads_are_told_one_by_one() -> None:
    native = [replace(one, workload="sha256", work="s") for one in CASES["native code"][0]]
    verdict, best = diagnose_sweep([sequential(), *THREADS, *PROCESSES, *native])
    assert verdict.sentence == (
        "countdown: GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x, +24 MB, 61 ms start. "
        "sha256: Threads scale: 2 threads give 1.96x, the code releases the GIL"
    )
    assert (verdict.code, best) == ("gil", None)
    assert verdict.advice[0].action == "countdown: Use 2 processes"


def test_a_sweep_under_way_says_what_is_known_and_is_less_sure() -> None:
    done, _ = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    waiting = [replace(one, status="running", trials=0, wall_s=None, speedup=None) for one in PROCESSES]
    early, best = diagnose_sweep([replace(sequential(), status="running"), *THREADS, *waiting])
    assert early.code == "gil"
    assert best is None
    assert early.confidence < min(PRELIMINARY, done.confidence)
    assert early.would_change[0] == "the rest of the sweep: 3 of 5 runs not finished"


def test_the_first_round_alone_is_a_guess() -> None:
    runs = [replace(one, status="running", trials=1) for one in (sequential(), *THREADS, *PROCESSES)]
    verdict, _ = diagnose_sweep(runs)
    assert verdict.code == "gil"
    assert verdict.confidence <= 0.4


def test_a_failed_run_is_named_among_the_doubts() -> None:
    verdict, _ = diagnose_sweep(CASES["one failed"][0])
    assert "processes x2: Failed: out of memory" in verdict.would_change


def test_one_disturbed_run_costs_confidence_and_no_more() -> None:
    calm, _ = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    marked, best = diagnose_sweep([sequential(), THREADS[0], replace(THREADS[1], marked=2), *PROCESSES])
    assert marked.sentence == calm.sentence
    assert marked.confidence < calm.confidence
    assert best


def test_what_others_do_with_the_cpus_is_no_harm_to_steady_waiting() -> None:
    noisy = [replace(one, marked=6, mark="other programs use 1.9 CPUs") for one in CASES["waiting"][0][:2]]
    assert diagnose_sweep(noisy)[0].code == "io"
    shaken = [replace(one, wall_s=around(one.wall_s.median, 0.3)) for one in noisy if one.wall_s]
    assert diagnose_sweep(shaken)[0].sentence.startswith("Unstable")


def test_a_quota_is_a_limit_and_no_disturbance() -> None:
    stopped = watched(cpu=0.5, run_queue=0.5, throttled_share=0.9, cpus_effective=0.5)
    runs = [sequential(observation=stopped, cpus_effective=0.5, marked=6, mark="throttled 90% of periods")]
    assert diagnose_sweep(runs)[0].code == "throttled"


def test_evidence_begins_with_what_the_watch_saw() -> None:
    verdict, _ = diagnose_sweep([sequential(), *THREADS, *PROCESSES])
    rows = [(row.name, row.value, row.unit) for row in verdict.evidence[:3]]
    assert rows == [
        ("GIL held", 0.99, "share"),
        ("waiting for the GIL", 2.8, "threads"),
        ("thread time lost to the GIL", pytest.approx(0.7), "share"),
    ]
    names = [row.name for row in verdict.evidence]
    assert len(names) == len(set(names))
    assert {"threads x4 speed-up", "processes x2 speed-up", "processes x2 extra memory"} <= set(names)


INTERVALS = st.floats(1e-3, 1e3).map(lambda value: around(value, 0.05)) | st.none()
FACTS = st.builds(
    lambda executor, workers, **more: replace(run(executor, workers), **more),
    st.sampled_from(["sequential", "threads", "processes", "asyncio", "interpreters", "dask"]),
    st.integers(1, 64),
    wall_s=INTERVALS,
    speedup=INTERVALS,
    cpus_effective=st.floats(0.1, 128),
    status=st.sampled_from(["running", "done", "interrupted", "failed", "timeout"]),
    trials=st.integers(0, 20),
    marked=st.integers(0, 3),
    startup_s=st.none() | st.floats(0, 10),
    cores_used=st.none() | st.floats(0, 128),
    peak_bytes=st.none() | st.integers(0, 10**12),
    gil_enabled=st.none() | st.booleans(),
    observation=st.sampled_from([None, GIL_4, FULL, ASLEEP_8, LOCKED_4, TWO_BUSY, Observation()]),
    work=st.sampled_from(["a", "a", "a", "b"]),
    workload=st.sampled_from(["countdown", "countdown", "countdown", "sha256"]),
    task_s=st.none() | st.floats(0, 10),
)


@given(st.lists(FACTS, max_size=8))
@settings(max_examples=120)
def test_any_runs_give_a_verdict(runs: list[RunFacts]) -> None:
    verdict, best = diagnose_sweep(runs)
    assert verdict.code in CODES
    assert 0 <= verdict.confidence <= 0.99
    assert verdict.sentence
    assert not any(word in verdict.sentence for word in ("None", "nan", "!", "  "))
    assert all(one.gain is None or one.gain >= 1 for one in verdict.advice)
    if best:
        assert best["low"] <= best["workers"] <= best["high"]
        assert not best["next_workers"] or best["next_workers"][0] != best["workers"]
        assert Interval.from_json(best["speedup"]).median >= 1.1
