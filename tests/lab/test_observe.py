"""From frames to one observation: weights, trees, what is missing; and the JSON contracts."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gil_tui.lab.documents import (
    merged,
    missing,
    observation_of,
    observed_document,
    threads_document,
    watch_document,
)
from gil_tui.lab.observe import summarize, waits_of
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.verdict.observation import LockGroup, Observation
from gil_tui.watch.frames import STATES, Frame, GilFrame, ThreadFrame
from gil_tui.watch.stacks import HotFunction, StackFrame, ThreadStack
from tests.lab.frame_builders import CPU, frame, gil, process, thread

PARTS = (*STATES, "unknown")


def of_threads(*threads: ThreadFrame, why: str = "") -> Observation:
    return summarize([frame(threads=threads, why=why)])


def test_frames_are_weighted_by_their_length() -> None:
    short = frame(0, length_s=0.1, threads=(thread(101, cpu=1.0),), gils=(gil(held=1.0, waiting=2.0),))
    long = frame(1, length_s=0.3, threads=(thread(101, gil=1.0),), gils=(gil(held=0.6, waiting=0.0),))
    seen = summarize([short, long])
    assert seen.seconds == pytest.approx(0.4)
    assert (seen.cpu, seen.gil) == pytest.approx((0.25, 0.75))
    assert seen.held == pytest.approx(0.7)
    assert seen.waiting == pytest.approx(0.5)
    assert seen.samples == 50


def test_threads_come_and_go() -> None:
    both = frame(0, threads=(thread(101, cpu=1.0), thread(102, cpu=1.0)))
    one = frame(1, threads=(thread(101, cpu=1.0),))
    seen = summarize([both, one])
    assert seen.cpu == pytest.approx(1.5)
    assert seen.count == pytest.approx(1.5)
    assert [one.seen_s for one in seen.threads] == [0.5, 0.25]
    assert [one.cpu for one in seen.threads] == [1.0, 1.0]


def test_parts_that_do_not_add_up_are_measured() -> None:
    torn = ThreadFrame(100, 101, "python", {"cpu": 0.5, "gil": 0.4}, "cpu")
    assert of_threads(torn).parts_sum_error == pytest.approx(0.1)
    assert of_threads(thread(101, cpu=0.5)).parts_sum_error == pytest.approx(0)
    verdict = diagnose_observation(replace(of_threads(torn), samples=100))
    assert "miss 100 % by 10 %" in verdict.sentence


def test_waits_that_could_not_be_read_are_unknown_not_idle() -> None:
    seen = of_threads(thread(101, cpu=0.25, run_queue=0.05, counted_only=True), why="another user's process")
    assert (seen.unknown, seen.idle) == pytest.approx((0.7, 0.0))
    assert seen.why == "another user's process"
    assert seen.parts_sum_error == 0.0


# trees


def test_a_master_and_its_workers_are_one_subject() -> None:
    tree = frame(
        gils=(
            gil(100, held=0.0, waiting=0.0),
            gil(200, held=1.0, waiting=0.0),
            gil(300, held=0.95, waiting=3.0),
        ),
        threads=(
            thread(100),
            thread(200, 200, cpu=1.0),
            thread(300, 300, cpu=1.0),
            thread(301, 300, gil=1.0),
        ),
        processes=(
            process(100, 1, pss_bytes=9_000_000),
            process(200, 100, pss_bytes=40_000_000),
            process(300, 100, pss_bytes=50_000_000),
        ),
    )
    seen = summarize([tree])
    assert seen.held == 0.95, "of the busiest, by held plus waiting"
    assert seen.held_sum == pytest.approx(1.95)
    assert (seen.waiting, seen.busy_gils, seen.processes) == (3.0, 2, 3)
    assert seen.process_bytes == 45_000_000, "of the workers, not of the master"
    assert seen.samples == 25, "samples are taken of all GILs at once"


def test_a_process_that_lived_for_a_part_counts_for_that_part() -> None:
    brief = frame(0, gils=(gil(100, held=0.4, waiting=0.0), gil(200, held=1.0, waiting=0.0)))
    alone = frame(1, gils=(gil(100, held=0.4, waiting=0.0),))
    seen = summarize([brief, alone, replace(alone, start_s=1001, end_s=1001.5)])
    assert seen.held == pytest.approx(0.4)
    assert seen.held_sum == pytest.approx(0.4 + 0.25)


def test_a_gauge_that_starts_late_is_not_taken_for_a_free_gil() -> None:
    early = frame(0, gils=(GilFrame(100, 0, available=False, why="no samples yet"),))
    seen = summarize([early, frame(1, gils=(gil(held=1.0),))])
    assert seen.held == 1.0


def test_processes_may_be_left_out() -> None:
    server = process(200, 100, command="python http_server.py")
    seen = summarize(
        [
            frame(
                gils=(gil(100, held=0.1, waiting=0), gil(200)),
                threads=(thread(101, cpu=1.0), thread(200, 200, cpu=1.0)),
                processes=(process(), server),
            )
        ],
        left_out={200},
    )
    assert (seen.cpu, seen.held, seen.processes) == (1.0, 0.1, 1)
    assert [one.pid for one in seen.members] == [100]


def test_a_thread_that_hands_out_work_does_not_wait() -> None:
    main = thread(100, lock_wait=0.9, gil=0.1)
    seen = summarize([frame(threads=(main,))], coordinates=lambda one: one.tid == one.pid)
    assert (seen.lock, seen.gil, seen.idle) == (0.0, 0.1, 0.9)


def test_a_long_wait_was_idle_from_its_beginning() -> None:
    waiting = thread(101, lock_wait=1.0, lock=0x10, schedules_per_s=0.0)
    idle = thread(101, idle=1.0, schedules_per_s=0.0)
    seen = summarize([*(frame(number, threads=(waiting,)) for number in range(4)), frame(4, threads=(idle,))])
    assert (seen.lock, seen.idle, seen.locks) == (0.0, 1.0, ())


def test_a_wait_that_was_broken_or_is_short_is_none_of_that() -> None:
    waiting = thread(101, lock_wait=1.0, lock=0x10, schedules_per_s=0.0)
    woken = replace(waiting, schedules_per_s=4.0)
    assert summarize([frame(number, threads=(waiting,)) for number in range(3)]).lock == 1.0
    broken = [waiting, waiting, woken, waiting, waiting, waiting]
    assert summarize([frame(number, threads=(one,)) for number, one in enumerate(broken)]).lock == 1.0


def test_memory_is_the_last_known() -> None:
    seen = summarize([frame(0, processes=(process(pss_bytes=30_000_000),)), frame(1)])
    assert seen.process_bytes == 30_000_000


def test_what_became_python_counts_from_then_on() -> None:
    shell = frame(0, gils=(), processes=(process(command="sh run", python=None),), why="no Python")
    starting = frame(1, gils=(), threads=(), why="no GIL was recognised")
    seen = summarize([shell, starting, frame(2, gils=(gil(held=1.0),), threads=(thread(101, cpu=1.0),))])
    assert (seen.seconds, seen.cpu, seen.held, seen.why) == (0.5, 0.5, 0.5, "")
    assert [one.command for one in seen.members] == [process().command]
    assert summarize([shell, starting]).why == "no GIL was recognised"
    assert summarize([shell]).why == "no Python"


def test_what_was_missing_later_is_told() -> None:
    stopped = frame(1, gils=(GilFrame(100, 0, available=False),), why="stopped")
    assert summarize([frame(0, gils=(gil(),)), stopped, frame(2, gils=(gil(),))]).why == "stopped"


# GIL


def test_no_gauge_says_why() -> None:
    refused = GilFrame(100, 0, available=False, why="PyPy keeps its GIL elsewhere")
    seen = summarize([frame(gils=(refused,))])
    assert (seen.held, seen.held_sum, seen.waiting) == (None, None, None)
    assert seen.held_why == "PyPy keeps its GIL elsewhere"
    assert seen.samples == 20, "of the lanes"


def test_a_free_threaded_interpreter_without_a_gil() -> None:
    off = gil(enabled=False, held=0.0, waiting=0.0, why="this free-threaded interpreter runs without a GIL")
    seen = summarize([frame(gils=(off,), processes=(process(free_threaded=True),))])
    assert (seen.gil_enabled, seen.free_threaded, seen.held) == (False, True, None)
    assert "without a GIL" in seen.held_why


def test_a_gil_held_off_the_cpu_is_seen() -> None:
    sleeper = frame(
        gils=(gil(held=1.0, waiting=1.0, holders={101: 0.9, 102: 0.1}),),
        threads=(thread(101, cpu=0.05, sleep=0.95), thread(102, cpu=0.05, gil=0.95)),
    )
    assert summarize([sleeper]).held_off_cpu == pytest.approx(0.9)
    native = replace(sleeper, threads=(*sleeper.threads, thread(103, cpu=1.0)))
    assert summarize([native]).held_off_cpu == pytest.approx(0.85), (
        "though another thread computes without it"
    )


def test_who_holds_the_gil() -> None:
    seen = summarize(
        [frame(gils=(gil(holders={101: 0.75, 100: 0.25}),)), frame(1, gils=(gil(holders={101: 1.0}),))]
    )
    assert {one.tid: one.holder_share for one in seen.threads} == {100: 0.125, 101: 0.875}
    assert [one.holder_share for one in summarize([frame()]).threads] == [None, None]


def test_a_convoy() -> None:
    hog = thread(101, name="hog", cpu=0.98)
    victims = [thread(tid, name="io", cpu=0.01, gil=0.45, network=0.54) for tid in range(102, 106)]
    seen = of_threads(thread(100), hog, *victims)
    assert seen.busiest_name == "hog"
    assert (seen.victims, seen.victims_gil) == pytest.approx((4.0, 0.45))
    alike = of_threads(*(replace(one, name="python") for one in (hog, *victims)))
    assert alike.busiest_name == "", "a name that all have tells nothing"


def test_threads_are_grouped_by_their_lock() -> None:
    waiting = [thread(tid, lock_wait=1.0) for tid in (101, 102, 103)]
    first = frame(0, threads=tuple(replace(one, lock=0x10) for one in waiting))
    second = frame(1, threads=(replace(waiting[0], lock=0x10), thread(104, cpu=1.0)))
    assert summarize([first, second]).locks == (LockGroup(100, 0x10, 3, 3, 2.0),)


def test_a_dump_is_asked_of_the_threads_that_wait_for_locks() -> None:
    seen = of_threads(thread(101, lock_wait=1.0), thread(102, cpu=1.0))
    at_lock = StackFrame("render", "/srv/views.py", 41)
    stacks = [ThreadStack(tid, "", False, False, (at_lock,)) for tid in (101, 102, None)]
    dump = waits_of(stacks, seen)
    assert (dump.for_lock, dump.for_work) == (1, 0)
    assert dump.place
    assert dump.place.line == 41


# documents


def watched() -> Observation:
    hot = [HotFunction("render", "/srv/views.py", 41, True, 0.6)]
    frames = [frame(number, gils=(gil(holders={101: 1.0}),)) for number in range(8)]
    return summarize(frames, hot=hot)


def test_the_documents_of_a_run() -> None:
    document = observed_document(watched())
    assert document["gil"]["held"] == 1.0
    assert document["gil"]["samples"] == 200
    assert document["gil"]["wait_share"] == 0.0
    assert document["threads"] == {
        "cpu": 0.5,
        "run_queue": 0.0,
        "gil": 0.0,
        "lock": 0.0,
        "io": 0.0,
        "idle": 0.5,
        "unknown": 0.0,
        "count": 2.0,
    }
    assert document["why"] == ""


def test_an_observation_survives_its_document() -> None:
    seen = watched()
    again = observation_of(json.loads(json.dumps(observed_document(seen))))
    assert again == replace(seen, hot=(), threads=(), members=(), waiting_counts=())
    assert observation_of({"gil": None, "threads": None, "why": "no watcher"}) is None
    later = observed_document(seen) | {"seen": {"cpu": 1.0, "a_field_of_a_later_version": 1}}
    assert observation_of(later) == Observation(cpu=1.0)


def test_what_was_not_seen_is_null_with_its_reason() -> None:
    seen = summarize([frame(gils=(GilFrame(100, 0, available=False, why="ptrace scope 1"),), threads=())])
    document = observed_document(seen)
    assert (document["gil"], document["threads"], document["why"]) == (None, None, "ptrace scope 1")
    counted = of_threads(thread(101, cpu=0.0, counted_only=True))
    shares = threads_document(counted)
    assert shares
    assert (shares["cpu"], shares["gil"], shares["idle"], shares["unknown"]) == (0.0, None, None, 1.0)


def test_trials_are_merged_by_their_length() -> None:
    one = Observation(
        seconds=1, samples=100, cpu=1.0, held=1.0, waiting=None, busy_gils=1, python="CPython 3.13.0"
    )
    two = Observation(seconds=3, samples=300, cpu=2.0, held=0.6, waiting=2.0, busy_gils=2, gil_enabled=True)
    both = merged([one, Observation(), two])
    assert both
    assert (both.seconds, both.samples, both.cpu, both.held) == pytest.approx((4, 400, 1.75, 0.7))
    assert (both.waiting, both.busy_gils, both.python, both.gil_enabled) == (2.0, 2, "CPython 3.13.0", True)
    assert merged([]) is None
    assert merged([Observation()]) is None


def test_the_document_of_the_watch() -> None:
    seen = watched()
    document = watch_document(seen, 100, "python app.py", diagnose_observation(seen))
    json.dumps(document)
    assert list(document)[:7] == ["schema", "pid", "command", "python", "gil_enabled", "seconds", "gil"]
    assert document["schema"] == "gil-tui/watch/1"
    assert document["gil"]["available"]
    assert document["gil"]["rate_hz"] == 100
    assert document["threads"][1]["holder_share"] == 1.0
    assert document["cpu"] == {
        "cores_used": 1.0,
        "cores_effective": 2.0,
        "limited_by": "online",
        "throttled_share": None,
        "steal_share": 0.0,
    }
    assert document["hot"] == [
        {"function": "render", "file": "/srv/views.py", "line": 41, "holds_gil": True, "share": 0.6}
    ]
    assert document["observer"] == {"cpu_share": pytest.approx(0.013)}
    assert document["verdict"]["code"] == "serial"


def test_a_watch_that_saw_nothing_is_a_document_too() -> None:
    document = watch_document(summarize([]), 7, "", None)
    assert document["gil"]["held"] is None
    assert document["why"] == "nothing was watched"
    assert missing(summarize([])) == "nothing was watched"
    ended = summarize([frame(length_s=0.0), frame(1, threads=(), gils=(), processes=(), ended=True)])
    assert watch_document(ended, 7, "", None)["ended"]


SHARES = st.floats(0, 1)
THREADS = st.builds(
    lambda tid, cpu, wait, state, lock, counted: replace(
        thread(tid, **{"cpu": cpu / 2, "lock_wait" if state == "lock" else state: wait / 2}),
        lock=lock,
        counted_only=counted,
    ),
    st.integers(100, 105),
    SHARES,
    SHARES,
    st.sampled_from(STATES[1:]),
    st.none() | st.integers(1, 3),
    st.booleans(),
)
GILS = st.builds(
    lambda pid, held, waiting, available, holders: gil(
        pid, held=held if available else None, waiting=waiting, available=available, holders=holders
    ),
    st.integers(100, 102),
    SHARES,
    st.none() | st.floats(0, 50),
    st.booleans(),
    st.none() | st.dictionaries(st.integers(100, 105), SHARES, max_size=3),
)
FRAMES = st.builds(
    lambda number, length, threads, gils: frame(number, length, threads=tuple(threads), gils=tuple(gils)),
    st.integers(0, 40),
    st.floats(0, 2),
    st.lists(THREADS, max_size=5),
    st.lists(GILS, max_size=3, unique_by=lambda one: one.pid),
)


@given(st.lists(FRAMES, max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_frames_give_an_observation_within_bounds(frames: list[Frame]) -> None:
    seen = summarize(frames)
    used = [one for one in frames if one.end_s > one.start_s]
    weighted = sum(len(one.threads) * (one.end_s - one.start_s) for one in used)
    total = sum(getattr(seen, state) for state in PARTS)
    assert total * seen.seconds == pytest.approx(weighted, abs=1e-6)
    assert seen.parts_sum_error == pytest.approx(0, abs=1e-9)
    for share in (seen.held, seen.held_off_cpu, seen.contended):
        assert share is None or -1e-9 <= share <= 1 + 1e-9
    diagnose_observation(seen)
    json.dumps(watch_document(seen, 1, "x", None))
    document = threads_document(seen)
    if document:
        known = [document[name] for name in ("cpu", "run_queue", "gil", "lock", "io", "idle", "unknown")]
        assert sum(value for value in known if value is not None) <= 1 + 1e-9


def test_the_host_is_there() -> None:
    seen = summarize([frame(cpu=replace(CPU, throttled_share=0.2)), frame(1)])
    assert (seen.cpus_effective, seen.throttled_share, seen.steal_share) == pytest.approx((2.0, 0.2, 0.0))
    assert seen.others_used == pytest.approx(0.3)
