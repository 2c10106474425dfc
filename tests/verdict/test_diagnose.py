"""Verdicts on what was watched: known programs, other machines, missing pieces, any numbers at all."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.verdict.dump import WaitDump
from gil_tui.verdict.limits import UNSURE_WHICH_WAIT
from gil_tui.verdict.model import CODES, Verdict
from gil_tui.verdict.observation import HotFunction, LockGroup, Observation, Place
from tests.verdict.builders import watched
from tests.verdict.loads import LOADS

TWO = "on the 2 CPUs this process may use"

EXPECTED = {
    "cpu1": (
        "serial",
        "One busy thread: it computes 100 % of the time and keeps the GIL; nobody waits, but more threads "
        f"would; 2 processes would serve up to 2.0 times the load {TWO}",
    ),
    "cpu2": (
        "gil",
        "GIL-bound: 2 threads, 1.0 waits for the GIL; 2 processes would serve up to 2.0 times the load "
        f"{TWO}",
    ),
    "cpu4": (
        "gil",
        f"GIL-bound: 4 threads, 2.9 wait for the GIL; 2 processes would serve up to 2.0 times the load {TWO}",
    ),
    "cpu8": (
        "gil",
        f"GIL-bound: 8 threads, 6.8 wait for the GIL; 2 processes would serve up to 2.0 times the load {TWO}",
    ),
    "mix20_4": (
        "cores",
        "CPUs full: the 2 CPUs this process may use are 97 % busy; 1.8 more threads could run; 0.2 wait for "
        "the GIL, but without it they would want a CPU",
    ),
    "mix50_4": (
        "gil",
        f"GIL-bound: 4 threads, 1.9 wait for the GIL; 2 processes would serve up to 1.3 times the load {TWO}",
    ),
    "mix80_2": (
        "gil",
        f"GIL-bound: 2 threads, 0.8 wait for the GIL; 2 processes would serve up to 1.7 times the load {TWO}",
    ),
    "zlib4": (
        "cores",
        "CPUs full: the 2 CPUs this process may use are 98 % busy; 2.0 more threads could run",
    ),
    "native4": (
        "cores",
        "CPUs full: the 2 CPUs this process may use are 98 % busy; 2.0 more threads could run",
    ),
    "lock4": (
        "lock",
        "Waiting for a lock, or for work: 3.0 of 4 threads wait, and from outside the two look alike",
    ),
    "lockcpu4": (
        "lock",
        "Waiting for a lock, or for work: 2.7 of 4 threads wait, and from outside the two look alike",
    ),
    "lockpy4": (
        "lock",
        "Waiting for a lock, or for work: 2.9 of 4 threads wait, and from outside the two look alike; the "
        "thread that has it computes and keeps the GIL too",
    ),
    "locktimeout4": (
        "lock",
        "Waiting for a lock, or for work: 3.0 of 4 threads wait, and from outside the two look alike",
    ),
    "cond4": (
        "lock",
        "Waiting for a lock, or for work: 3.0 of 4 threads wait, and from outside the two look alike",
    ),
    "sleep8": (
        "io",
        "Waiting, not computing: 8.0 of 8 threads wait for a sleep to end; the 2 CPUs this process may use "
        "are 0.4 % busy",
    ),
    "http4": (
        "io",
        "Waiting, not computing: 3.9 of 4 threads wait for the network; the 2 CPUs this process may use are "
        "1 % busy",
    ),
    "convoy4": (
        "gil",
        "GIL convoy: one thread computes 98 % of the time and 4 threads that need little CPU wait for the "
        "GIL 46 % of the time; a process of its own for the computing thread frees the others",
    ),
    "queueidle": (
        "idle",
        "Idle: 10 threads with nothing to do; the 2 CPUs this process may use are 0 % busy",
    ),
    "poolbusy": (
        "io",
        "Waiting, not computing: 2.0 of 2 threads wait for a sleep to end; the 2 CPUs this process may use "
        "are 1 % busy",
    ),
    "eventloop": (
        "unsure",
        "No limit reached: of the one active thread's time 50 % computing and 50 % waiting for network, disk "
        "or sleep; 1.5 CPUs are free",
    ),
    "disk2": (
        "io",
        "Waiting, not computing: 1.2 of 2 threads wait for disk; the 2 CPUs this process may use are 28 % "
        "busy",
    ),
    "subint2": (
        "cores",
        "CPUs full: the 2 CPUs this process may use are 98 % busy; 0.9 more threads could run; 1.2 wait for "
        "the GIL, but without it they would want a CPU",
    ),
    "pydll_4": (
        "gil",
        "GIL held by a call that does not compute: it keeps the GIL 92 % of the time without using a CPU, "
        "and 2.1 of 4 threads wait for it; let that call release the GIL",
    ),
    "dictlock4": (
        "lock",
        "Threads fight for shared objects: there is no GIL here, but one thread is woken 172,000 times a "
        "second; they change the same dict, list or object",
    ),
}


@pytest.mark.parametrize("load", LOADS)
def test_known_loads(load: str) -> None:
    verdict = diagnose_observation(LOADS[load])
    assert (verdict.code, verdict.sentence) == EXPECTED[load]


@pytest.mark.parametrize("load", [name for name in LOADS if EXPECTED[name][0] not in ("lock", "unsure")])
def test_known_loads_are_told_with_confidence(load: str) -> None:
    verdict = diagnose_observation(LOADS[load])
    assert verdict.confidence >= (UNSURE_WHICH_WAIT - 0.05 if verdict.needs_dump else 0.6)


RENDER = HotFunction("render", "/srv/shop/views.py", 41, holds_gil=True, share=0.6)


def test_the_sentence_names_the_code_and_the_memory() -> None:
    seen = replace(LOADS["cpu8"], hot=(RENDER,), process_bytes=45_000_000)
    assert diagnose_observation(seen).sentence == (
        "GIL-bound: 8 threads, 6.8 wait for the GIL; the code that holds it is `render` in views.py; "
        f"2 processes would serve up to 2.0 times the load {TWO}, for about 45 MB each"
    )


def test_advice_is_specific_and_in_order_of_pay_off() -> None:
    seen = replace(LOADS["cpu8"], hot=(replace(RENDER, share=0.3),), python="CPython 3.12.1")
    advice = diagnose_observation(replace(seen, process_bytes=45_000_000)).advice
    assert [one.action for one in advice] == [
        "Use 2 processes",
        "Run it on a free-threaded Python (3.13t or later)",
        "Make `render` in views.py faster, or move it to native code that releases the GIL",
    ]
    assert [one.gain for one in advice] == [1.96, 1.96, 1.43]
    assert advice[0].cost == "about 45 MB each"


def test_no_free_threaded_python_for_pypy() -> None:
    seen = replace(LOADS["cpu4"], python="PyPy 3.9.18", held=None, held_sum=None, waiting=None)
    verdict = diagnose_observation(replace(seen, held_off_cpu=None, held_why="PyPy keeps its GIL elsewhere"))
    assert verdict.code == "gil"
    assert not any("free-threaded" in one.action for one in verdict.advice)
    assert "the GIL gauge: PyPy keeps its GIL elsewhere" in verdict.would_change


# the same program where other limits are near


def test_on_one_cpu_the_cpu_is_the_limit_and_not_the_gil() -> None:
    verdict = diagnose_observation(replace(LOADS["cpu8"], cpus_effective=1.0))
    assert verdict.code == "cores"
    assert verdict.sentence == (
        "CPUs full: the one CPU this process may use is 100 % busy; 0.3 more threads could run; 6.7 wait for "
        "the GIL, but without it they would want a CPU"
    )


def test_more_cpus_make_more_processes_worth_it() -> None:
    advice = diagnose_observation(replace(LOADS["cpu8"], cpus_effective=8.0)).advice
    assert (advice[0].action, advice[0].gain) == ("Use 8 processes", 7.84)


def test_native_code_with_cpus_to_spare_wants_more_threads() -> None:
    one_thread = Observation(
        seconds=3, samples=300, cpu=1.0, idle=1, held=0.01, held_sum=0.01, waiting=0, busiest_cpu=1.0
    )
    verdict = diagnose_observation(replace(one_thread, cpus_effective=4.0))
    assert verdict.code == "serial"
    assert verdict.sentence == (
        "One busy thread: it computes 100 % of the time and the GIL is held only 1 % of the time; 4 threads "
        "would serve up to 4.0 times the load on the 4 CPUs this process may use"
    )
    assert verdict.advice[0].action == "Use 4 threads"


def test_one_thread_that_holds_the_gil_for_a_part_gains_from_both() -> None:
    seen = Observation(
        seconds=3, samples=300, cpu=1.0, held=0.7, held_sum=0.7, waiting=0, busiest_cpu=1.0, cpus_effective=4
    )
    verdict = diagnose_observation(seen)
    assert "holds the GIL 70 % of the time" in verdict.sentence
    assert [(one.action, one.gain) for one in verdict.advice] == [
        ("Use 4 processes", 4.0),
        ("Use 4 threads", 1.43),
    ]


def test_a_tree_of_busy_processes_is_one_subject() -> None:
    seen = Observation(
        seconds=3, samples=300, cpu=2.0, idle=3, held=1.0, held_sum=2.0, waiting=0.0, busy_gils=2
    )
    verdict = diagnose_observation(replace(seen, cpus_effective=8.0, processes=3, busiest_cpu=1.0))
    assert verdict.code == "serial"
    assert verdict.sentence.startswith("One busy thread in each of 2 processes: each keeps its GIL")
    assert (verdict.advice[0].action, verdict.advice[0].gain) == ("Use 8 processes in all", 4.0)


def test_free_threaded_python_without_a_gil_is_never_gil_bound() -> None:
    seen = replace(
        LOADS["cpu8"], gil_enabled=False, held=None, held_sum=None, waiting=None, free_threaded=True
    )
    assert diagnose_observation(seen).code != "gil"


def test_a_gil_that_a_module_switched_back_on_is_named() -> None:
    verdict = diagnose_observation(replace(LOADS["cpu4"], free_threaded=True, gil_enabled=True))
    assert any(one.action.startswith("Start it with PYTHON_GIL=0") for one in verdict.advice)


def test_throttled() -> None:
    seen = replace(LOADS["cpu1"], cpu=0.5, run_queue=0.5, cpus_effective=0.5, throttled_share=0.95)
    verdict = diagnose_observation(seen)
    assert verdict.code == "throttled"
    assert verdict.sentence == (
        "Stopped by its CPU quota in 95 % of the quota's periods: the limit is 0.5 CPUs"
    )
    assert verdict.advice[0].gain == 2.0


def test_other_programs_have_the_cpus() -> None:
    seen = Observation(seconds=3, samples=300, cpu=0.6, run_queue=0.4, held=1, held_sum=1, waiting=0)
    verdict = diagnose_observation(replace(seen, cpus_effective=2.0, busiest_cpu=0.6, others_used=1.4))
    assert verdict.code == "cores"
    assert verdict.sentence == (
        "Short of CPU: its threads could run but wait for a CPU 40 % of that time; it uses 0.6 of the 2 CPUs "
        "this process may use, other programs 1.4"
    )
    assert verdict.advice[0].gain == 1.67


def test_a_gil_whose_holder_waits_for_a_cpu_is_not_the_limit() -> None:
    crowded = replace(LOADS["mix50_4"], cpu=0.47, run_queue=2.48, gil=1.05, waiting=1.43, held=0.85)
    assert diagnose_observation(replace(crowded, others_used=1.5)).code == "cores"


def test_one_thread_that_sometimes_queues_for_a_cpu_is_still_one_busy_thread() -> None:
    seen = Observation(
        seconds=3, samples=300, cpu=0.8, run_queue=0.2, sleep=0.2, idle=0.8, cpus_effective=2.0
    )
    seen = replace(seen, busiest_cpu=0.77, busiest_running=1.0, others_used=1.1)
    kept = diagnose_observation(replace(seen, held=1.0, held_sum=1.0, waiting=0.0))
    assert kept.code == "serial"
    assert "other programs use 1.1 CPUs, and leave less to gain" in kept.would_change
    assert diagnose_observation(replace(seen, held=0.01, held_sum=0.01, waiting=0.0)).code == "serial"


def test_the_host_takes_the_cpus() -> None:
    seen = Observation(seconds=3, samples=300, cpu=0.7, idle=1, held=0.7, held_sum=0.7, waiting=0)
    verdict = diagnose_observation(replace(seen, cpus_effective=2.0, busiest_cpu=0.7, steal_share=0.3))
    assert verdict.sentence == (
        "Short of CPU: the host takes 30 % of the CPU time for other virtual machines"
    )


def test_a_lightly_loaded_server_is_not_gil_bound() -> None:
    seen = Observation(
        seconds=3, samples=300, cpu=0.3, gil=0.3, network=9.4, held=0.3, held_sum=0.3, waiting=0.3
    )
    assert diagnose_observation(replace(seen, cpus_effective=4.0)).code == "io"


# a lock, or a pool without work

AT_RENDER = Place("render", "views.py", 41)


def test_a_dump_that_finds_a_lock_decides() -> None:
    before = diagnose_observation(LOADS["lock4"])
    assert before.needs_dump
    assert before.confidence <= UNSURE_WHICH_WAIT
    after = diagnose_observation(LOADS["lock4"], WaitDump(for_lock=3, for_work=0, place=AT_RENDER))
    assert not after.needs_dump
    assert after.confidence > 0.9
    assert after.sentence == "Waiting for a lock: 3.0 of 4 threads wait for one at `render` in views.py"


def test_a_dump_that_finds_a_pool_makes_its_waits_idle() -> None:
    assert diagnose_observation(LOADS["poolbusy"]).needs_dump
    after = diagnose_observation(LOADS["poolbusy"], WaitDump(for_lock=0, for_work=7))
    assert (after.code, after.needs_dump) == ("io", False)
    assert diagnose_observation(LOADS["lock4"], WaitDump(0, 3)).code == "io"


def test_a_pool_beside_a_busy_thread_hides_nothing() -> None:
    pool = LockGroup(1, 1, members=8, most_waiting=8, waiting=7.5)
    seen = replace(LOADS["cpu1"], lock=7.5, locks=(pool,))
    guess = diagnose_observation(seen)
    assert (guess.code, guess.needs_dump) == ("serial", True)
    assert guess.confidence <= UNSURE_WHICH_WAIT
    assert diagnose_observation(seen, WaitDump(0, 7)).confidence > 0.9


# pieces that are missing


def test_the_gauge_alone_still_tells_the_gil() -> None:
    seen = replace(LOADS["cpu4"], gil=0.0, idle=0.0, unknown=3.8, why="waits may not be read")
    verdict = diagnose_observation(seen)
    assert verdict.code == "gil"
    assert verdict.sentence.startswith("GIL-bound: 4 threads, 2.9 wait for the GIL")


def test_counters_alone_are_a_hint_at_most() -> None:
    seen = replace(LOADS["cpu4"], gil=0, idle=0, unknown=3.8, why="another user's process", held=None)
    verdict = diagnose_observation(replace(seen, held_sum=None, waiting=None))
    assert (verdict.code, verdict.confidence) == ("unsure", 0.0)
    assert verdict.sentence == (
        "Not decided: what 3.8 threads wait for could not be read (another user's process); 1.0 CPUs are used"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"samples": 12}, "Not decided: only 12 samples so far, at least 30 are needed"),
        (
            {"parts_sum_error": 0.05},
            "Not decided: the parts of the threads' time miss 100 % by 5 %, at most 3 % may be missing",
        ),
        (
            {"waiting": 0.2},
            "Not decided: two instruments disagree: 0.2 threads wait for the GIL by its own count, 6.7 by "
            "the threads' states",
        ),
        ({"seconds": 0.0, "why": "process 7 is gone"}, "Not decided: process 7 is gone"),
    ],
)
def test_unsure_says_why(change: dict[str, float], sentence: str) -> None:
    verdict = diagnose_observation(replace(LOADS["cpu8"], **change))  # type: ignore[arg-type]
    assert (verdict.code, verdict.confidence, verdict.sentence) == ("unsure", 0.0, sentence)


def test_nothing_watched() -> None:
    assert diagnose_observation(Observation()).sentence == "Not decided: nothing was watched"


# properties

NUMBERS = {
    "seconds": st.floats(0, 1e5),
    "samples": st.integers(0, 10**6),
    **{
        name: st.floats(0, 600)
        for name in (
            "cpu",
            "run_queue",
            "gil",
            "lock",
            "network",
            "disk",
            "sleep",
            "idle",
            "unknown",
            "victims",
        )
    },
    **{
        name: st.none() | st.floats(0, 1)
        for name in ("held", "held_off_cpu", "throttled_share", "steal_share")
    },
    "held_sum": st.none() | st.floats(0, 64),
    "waiting": st.none() | st.floats(0, 600),
    "busy_gils": st.integers(0, 64),
    "busiest_cpu": st.floats(0, 1),
    "victims_gil": st.floats(0, 1),
    "schedules_per_s": st.floats(0, 1e6),
    "parts_sum_error": st.floats(0, 0.06),
    "cpus_effective": st.floats(0.01, 512),
    "gil_enabled": st.none() | st.booleans(),
    "free_threaded": st.booleans(),
    "process_bytes": st.none() | st.integers(0, 10**11),
    "hot": st.just(()) | st.just((RENDER,)),
    "locks": st.just(()) | st.just((LockGroup(1, 1, 8, 8, 7.0),)),
}
OBSERVATIONS = st.builds(Observation, **NUMBERS)
DUMPS = st.none() | st.builds(
    WaitDump, st.integers(0, 99), st.integers(0, 99), st.none() | st.just(AT_RENDER)
)


def is_well_formed(verdict: Verdict) -> bool:
    text = [verdict.sentence, *verdict.would_change, *(one.action + one.why for one in verdict.advice)]
    return (
        verdict.code in CODES
        and 0 <= verdict.confidence <= 0.99
        and not any("!" in part or "  " in part or "None" in part or "nan" in part for part in text)
        and not verdict.sentence.endswith(".")
        and all(one.gain is None or one.gain >= 1.05 for one in verdict.advice)
    )


@given(OBSERVATIONS, DUMPS)
@settings(max_examples=400)
def test_any_numbers_give_a_verdict(seen: Observation, dump: WaitDump | None) -> None:
    verdict = diagnose_observation(seen, dump)
    assert is_well_formed(verdict)
    assert Verdict.from_json(verdict.to_json()) == verdict
    assert (verdict.code == "unsure") == (verdict.confidence == 0)


@given(st.integers(2, 64), st.floats(1.5, 64), st.floats(0.9, 1.0), st.floats(0, 0.2))
def test_gains_of_gil_bound_threads_stay_within_the_cpus(
    threads: int, cpus: float, held: float, run_queue: float
) -> None:
    waiting = threads - 1 - run_queue
    seen = Observation(seconds=3, samples=300, cpu=1.0, run_queue=run_queue, gil=waiting, waiting=waiting)
    verdict = diagnose_observation(replace(seen, held=held, held_sum=held, cpus_effective=cpus))
    assert verdict.code == "gil"
    assert verdict.advice
    gains = [one.gain for one in verdict.advice if one.gain is not None]
    assert all(1.05 <= gain <= cpus * 1.01 for gain in gains)
    assert gains == sorted(gains, reverse=True)


@given(OBSERVATIONS)
def test_taxes_and_shares_are_shares(seen: Observation) -> None:
    for share in (seen.gil_tax, seen.run_queue_tax, seen.lock_tax):
        assert 0 <= share <= 1 + 1e-9
    assert seen.active <= seen.count + (seen.waiting or 0) + 1e-6


@pytest.mark.parametrize("load", ["cpu4", "native4", "http4", "queueidle"])
def test_more_samples_never_make_it_less_sure(load: str) -> None:
    sure = [
        diagnose_observation(replace(LOADS[load], samples=n)).confidence for n in (30, 60, 200, 1000, 10**5)
    ]
    assert sure == sorted(sure)
    assert sure[0] <= 0.75
    assert sure[-1] <= 0.99


def test_every_number_of_a_load_is_finite() -> None:
    for seen in LOADS.values():
        numbers = [getattr(seen, one.name) for one in fields(seen)]
        assert all(abs(value) < 1e9 for value in numbers if isinstance(value, float))


def test_one_call_that_waits_with_the_gil_held_is_named_though_nobody_waits_for_it_yet() -> None:
    alone = watched(sleep=0.98, cpu=0.01, held=0.8, held_sum=0.8, held_off_cpu=0.79, waiting=0.0, idle=1.0)
    verdict = diagnose_observation(alone)
    assert verdict.code == "io"
    assert verdict.sentence.startswith("Waiting with the GIL held: a call keeps it 79 % of the time")
    assert [one.action.split()[0] for one in verdict.advice] == ["Use", "Let"]
