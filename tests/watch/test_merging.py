import random
from dataclasses import replace
from functools import reduce

import pytest

from gil_tui.lab.observe import summarize
from gil_tui.watch.folding import ENDED, MOST_ENDED, folded
from gil_tui.watch.frames import STATES, CpuFrame, Frame, GilFrame, ObserverFrame, ProcessFrame, ThreadFrame
from gil_tui.watch.merging import LEAST_FRAMES, THREADS_KEPT, FrameLog, halved, mean_gils, merged


def thread(tid: int, **shares: float) -> ThreadFrame:
    full = dict.fromkeys(STATES, 0.0) | shares
    return ThreadFrame(1, tid, "w", full | {"idle": 1 - sum(shares.values())}, "cpu", None, False, 10.0)


def gil(held: float, waiting: float, holders: dict[int, float], counts: tuple[int, ...] = (3, 1)) -> GilFrame:
    return GilFrame(1, 0, True, "", True, held, waiting, counts, 100.0, sum(counts), holders)


def frame(
    start_s: float, end_s: float, gils: tuple[GilFrame, ...], threads: tuple[ThreadFrame, ...]
) -> Frame:
    process = ProcessFrame(1, 0, "python", "CPython 3.13.1", False, 0.5, 10, 20, len(threads))
    cpu = CpuFrame((0.2, 0.4), 2.0, "online", 0.5, 0.0, None, 0.1)
    return Frame(start_s, end_s, gils, threads, (process,), cpu, ObserverFrame(0.01, 100.0, 50.0, 1))


def test_numbers_are_weighted_by_length() -> None:
    first = frame(0.0, 1.0, (gil(1.0, 3.0, {5: 1.0}),), (thread(5, cpu=1.0),))
    second = frame(1.0, 4.0, (gil(0.5, 1.0, {6: 1.0}, (1, 0, 2)),), (thread(5, gil=0.4), thread(6, cpu=0.2)))
    whole = merged(first, second)
    assert (whole.start_s, whole.end_s) == (0.0, 4.0)
    (one,) = whole.gils
    assert [one.held, one.waiting, one.samples] == pytest.approx([0.625, 1.5, 7])
    assert one.waiting_counts == (4, 1, 2)
    assert dict(one.holders or {}) == pytest.approx({5: 0.4, 6: 0.6})
    shares = {item.tid: item.shares for item in whole.threads}
    assert shares[5]["cpu"] == pytest.approx(0.25)
    assert shares[5]["gil"] == pytest.approx(0.3)
    assert shares[6]["cpu"] == pytest.approx(0.15)
    assert all(sum(item.values()) == pytest.approx(1) for item in shares.values())
    assert whole.observer.failed_samples == 2


def test_a_gil_that_lived_for_a_part_counts_for_that_part() -> None:
    first = frame(0.0, 1.0, (gil(0.8, 2.0, {5: 1.0}),), ())
    (one,) = merged(first, frame(1.0, 2.0, (), ())).gils
    assert (one.held, one.waiting) == (0.4, 1.0)


def test_a_gil_that_could_not_be_read_for_a_part_keeps_what_was_read() -> None:
    unread = GilFrame(1, 0, available=False, why="not readable")
    for pair in ((gil(0.8, 2.0, {}), unread), (unread, gil(0.8, 2.0, {}))):
        (one,) = merged(*(frame(at, at + 1.0, (item,), ()) for at, item in enumerate(pair))).gils
        assert (one.available, one.held) == (True, 0.8)


def test_memory_stays_bounded_and_the_verdict_hears_the_same() -> None:
    dice = random.Random(4)
    log, everything = FrameLog(most=50), []
    for at in range(1000):
        busy = dice.random()
        item = frame(
            at / 4,
            (at + 1) / 4,
            (gil(busy, 2 * busy, {5: busy, 6: 1 - busy}),),
            (thread(5, cpu=busy), thread(6, gil=busy * 0.5)),
        )
        log.add(item)
        everything.append(item)
    assert len(log.frames) <= 50
    assert (log.frames[0].start_s, log.frames[-1].end_s) == (0.0, 250.0)
    few, all_of_them = summarize(log.frames), summarize(everything)
    for name in ("seconds", "cpu", "gil", "idle", "held", "waiting", "samples", "switches_per_s"):
        assert getattr(few, name) == pytest.approx(getattr(all_of_them, name)), name
    assert few.threads[0].holder_share == pytest.approx(all_of_them.threads[0].holder_share)


def test_of_many_threads_fewer_frames_are_kept() -> None:
    log = FrameLog()
    threads = tuple(thread(tid, idle=1.0) for tid in range(100))
    for at in range(600):
        log.add(frame(at / 3, (at + 1) / 3, (), threads))
    assert sum(len(item.threads) for item in log.frames) <= THREADS_KEPT
    assert len(log.frames) >= LEAST_FRAMES
    assert (log.frames[0].start_s, log.frames[-1].end_s) == (0.0, 200.0)


def test_an_odd_frame_stays() -> None:
    frames = [frame(at, at + 1.0, (), ()) for at in range(5)]
    assert [(item.start_s, item.end_s) for item in halved(frames)] == [(0.0, 2.0), (2.0, 4.0), (4.0, 5.0)]


def test_gils_in_one_pass_are_what_merging_two_at_a_time_gives() -> None:
    dice, frames, at_s = random.Random(7), [], 0.0
    for number in range(60):
        busy, length_s = dice.random(), dice.uniform(0.1, 2.0)
        leading = gil(busy, 3 * busy, {5: busy, 6: 1 - busy}, (dice.randrange(9),) * dice.randrange(1, 5))
        brief = replace(gil(0.5, 1.0, {7: 1.0}), pid=2)
        there = (leading, brief) if 20 <= number < 40 else (leading,)
        frames.append(frame(at_s, at_s + length_s, there, ()))
        at_s += length_s
    for one, other in zip(mean_gils(frames), reduce(merged, frames).gils, strict=True):
        assert (one.pid, one.samples, one.waiting_counts) == (other.pid, other.samples, other.waiting_counts)
        assert [one.held, one.waiting, one.switches_per_s] == pytest.approx(
            [other.held, other.waiting, other.switches_per_s]
        )
        assert dict(one.holders or {}) == pytest.approx(dict(other.holders or {}))


def test_gils_that_could_not_be_read_for_a_part_count_where_they_were() -> None:
    unread = GilFrame(1, 0, available=False, why="not readable")
    items = (unread, gil(0.8, 2.0, {5: 1.0}), unread, gil(0.4, 1.0, {5: 1.0}))
    (one,) = mean_gils([frame(at, at + 1.0, (item,), ()) for at, item in enumerate(items)])
    assert one.available and [one.held, one.waiting] == pytest.approx([0.6, 1.5])
    (none,) = mean_gils([frame(at, at + 1.0, (unread,), ()) for at in range(3)])
    assert (none.available, none.why) == (False, "not readable")


def short_lived(number: int) -> Frame:
    """One thread that stays, and 25 that live for this frame, each with a part of the GIL's time."""
    tids = range(1000 + 25 * number, 1025 + 25 * number)
    threads = tuple(thread(tid, cpu=0.02, network=0.3) for tid in tids)
    holders = {5: 0.5} | dict.fromkeys(tids, 0.02)
    start_s = number / 4
    return frame(start_s, start_s + 0.25, (gil(0.6, 1.0, holders),), (thread(5, cpu=0.3), *threads))


def test_of_50_000_threads_that_came_and_went_a_log_keeps_what_they_did_and_few_of_them() -> None:
    log, sizes, everything = FrameLog(), [], []
    for number in range(2000):
        everything.append(short_lived(number))
        log.add(everything[-1])
        if number % 10 == 0:
            sizes.append(sum(len(one.threads) + len(one.gils[0].holders or {}) for one in log.frames))
    assert max(sizes) <= 2 * THREADS_KEPT + 100
    assert max(sizes[100:]) <= max(sizes[:100]) * 1.1
    few, all_of_them = summarize(log.frames), summarize(everything)
    for name in ("seconds", "cpu", "network", "held", "waiting", "samples"):
        assert getattr(few, name) == pytest.approx(getattr(all_of_them, name)), name
    staying = next(one for one in few.threads if one.tid == 5)
    assert staying.holder_share == pytest.approx(0.5) and staying.cpu == pytest.approx(0.3)
    assert sum(one.holder_share or 0.0 for one in few.threads) == pytest.approx(1)
    assert all(one.tid > 0 for one in few.threads)


def test_few_that_have_ended_are_kept_one_by_one() -> None:
    crowd = short_lived(0)
    assert folded(crowd, crowd) == crowd
    assert folded(crowd, replace(crowd, threads=crowd.threads[:1])) == crowd


def test_many_that_have_ended_share_rows_in_which_nothing_they_did_is_lost() -> None:
    threads = (thread(5, cpu=0.5), *(thread(tid, cpu=0.04, gil=0.26) for tid in range(100, 200)))
    holders = {5: 0.5, 150: 0.3, 199: 0.2}
    crowd = frame(0.0, 1.0, (gil(1.0, 2.0, holders),), threads)
    kept = folded(crowd, replace(crowd, threads=threads[:1]))
    rows = [one for one in kept.threads if one.name == ENDED]
    assert len(kept.threads) == 1 + MOST_ENDED + len(rows) and len(rows) == 17
    assert all(sum(one.shares.values()) == pytest.approx(1) and one.shares["idle"] >= 0 for one in rows)
    for state in ("cpu", "gil"):
        before, after = (sum(one.shares[state] for one in item.threads) for item in (crowd, kept))
        assert after == pytest.approx(before)
    assert sum((kept.gils[0].holders or {}).values()) == pytest.approx(1)
    assert (kept.gils[0].holders or {}).keys() <= {one.tid for one in kept.threads}


def test_processes_that_have_ended_are_kept_as_far_as_they_were_busy() -> None:
    crowd = short_lived(0)
    (main,) = crowd.processes
    busy = tuple(replace(main, pid=pid, cpu_share=pid / 1000) for pid in range(100, 300))
    gils = tuple(replace(gil(pid / 1000, 0.0, {}), pid=pid) for pid in range(100, 300))
    kept = folded(replace(crowd, processes=(main, *busy), gils=(*crowd.gils, *gils)), crowd)
    assert [one.pid for one in kept.processes] == [main.pid, *range(250, 300)]
    assert [one.pid for one in kept.gils] == [main.pid, *range(250, 300)]
