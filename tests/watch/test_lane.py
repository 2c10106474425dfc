from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.frames import STATES
from gil_tui.watch.lane import Counters, Lane, Ledger, parse_counters, shares_of
from gil_tui.watch.waits import CPU, DISK, GIL, IDLE, LOCK, NETWORK, RUN_QUEUE, SLEEP

FRAME_NS = 250_000_000
counts = st.lists(st.integers(0, 100), min_size=len(STATES), max_size=len(STATES))


def samples(**seen: int) -> list[int]:
    return [seen.get(state, 0) for state in STATES]


@given(st.lists(st.integers(0, 2**63), min_size=3, max_size=3))
def test_counters_are_read_as_written(numbers: list[int]) -> None:
    assert parse_counters(" ".join(map(str, numbers)).encode() + b"\n") == Counters(*numbers)


@given(st.binary())
def test_no_line_of_another_form_is_counters(text: bytes) -> None:
    assert parse_counters(text) is None or len(text.split()) == 3


def test_cpu_and_run_queue_are_as_counted_and_the_rest_goes_by_samples() -> None:
    parts = Ledger(50_000_000, 25_000_000).split(FRAME_NS, samples(cpu=7, gil=12, network=4))
    assert (parts[CPU], parts[RUN_QUEUE]) == (50_000_000, 25_000_000)
    assert parts[GIL] == 3 * parts[NETWORK] == 131_250_000


def test_what_a_frame_has_no_room_for_is_shown_in_the_next() -> None:
    ledger = Ledger(cpu_ns=240_000_000, run_queue_ns=30_000_000)
    first = ledger.split(FRAME_NS, samples(cpu=25))
    assert (first[CPU], first[RUN_QUEUE]) == (240_000_000, 10_000_000)
    second = ledger.split(FRAME_NS, samples(sleep=25))
    assert (second[CPU], second[RUN_QUEUE], second[SLEEP]) == (0, 20_000_000, 230_000_000)


def test_a_wait_in_the_run_queue_is_shown_before_the_kernel_counts_it() -> None:
    ledger = Ledger(cpu_ns=50_000_000)
    assert ledger.split(FRAME_NS, samples(cpu=25))[RUN_QUEUE] == 200_000_000
    ledger.run_queue_ns += 300_000_000
    assert ledger.split(FRAME_NS, samples(cpu=10, sleep=15))[RUN_QUEUE] == 100_000_000
    assert ledger.run_queue_ns == 0


def test_few_blocked_samples_cannot_explain_a_long_rest() -> None:
    parts = Ledger(cpu_ns=25_000_000).split(FRAME_NS, samples(cpu=96, lock=4))
    assert parts[LOCK] < 0.15 * FRAME_NS
    assert parts[RUN_QUEUE] > 0.75 * FRAME_NS


def test_a_short_rest_without_a_blocked_sample_is_split_like_the_frame_before() -> None:
    ledger = Ledger(cpu_ns=100_000_000)
    ledger.split(FRAME_NS, samples(cpu=10, disk=15))
    ledger.cpu_ns += 240_000_000
    assert ledger.split(FRAME_NS, samples(cpu=25))[DISK] == 10_000_000


def test_without_any_sample_the_rest_is_idle() -> None:
    assert Ledger(cpu_ns=100_000_000).split(FRAME_NS, samples())[IDLE] == 150_000_000


@given(
    st.lists(
        st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9), counts), max_size=20
    )
)
def test_every_frame_is_possible_and_nothing_is_lost(
    frames: list[tuple[int, int, int, list[int]]],
) -> None:
    ledger = Ledger()
    cpu_ns = run_queue_ns = shown_cpu_ns = shown_run_queue_ns = 0.0
    for used_ns, waited_ns, wall_ns, seen in frames:
        ledger.cpu_ns += used_ns
        ledger.run_queue_ns += waited_ns
        parts = ledger.split(wall_ns, seen)
        assert min(parts) >= 0
        assert abs(sum(parts) - wall_ns) < 1e-3
        shares = shares_of(parts, wall_ns)
        assert abs(sum(shares.values()) - 1) < 1e-9
        assert min(shares.values()) >= 0
        cpu_ns, run_queue_ns = cpu_ns + used_ns, run_queue_ns + waited_ns
        shown_cpu_ns, shown_run_queue_ns = shown_cpu_ns + parts[CPU], shown_run_queue_ns + parts[RUN_QUEUE]
    assert shown_cpu_ns + ledger.cpu_ns == cpu_ns
    assert shown_run_queue_ns + ledger.run_queue_ns == run_queue_ns


def lane() -> Lane:
    born = Lane(1, born_s=0.0, since_s=0.0)
    born.settle(b"100 100 1\n", 0.0, 0, 0)
    born.framed = born.seen
    return born


def test_a_wait_of_a_second_is_idle_from_its_beginning_and_not_before() -> None:
    thread = lane()
    thread.state, thread.counts[NETWORK] = NETWORK, 20
    thread.settle(b"100 100 2\n", 0.2, 20, 20)
    thread.state, thread.counts[LOCK] = LOCK, 80
    thread.settle(b"100 100 2\n", 1.1, 100, 80)
    assert thread.resting_tick is None, "only 0.9 s"
    thread.settle(b"100 100 2\n", 1.2, 110, 10)
    assert (thread.counts[NETWORK], thread.counts[LOCK], thread.counts[IDLE]) == (20, 0, 80)
    thread.credit_rest(150)
    assert thread.counts[IDLE] == 120


def test_a_thread_that_is_runnable_never_rests() -> None:
    thread = lane()
    for tick in range(1, 50):
        thread.settle(b"100 100 1\n", tick / 10, tick, 1)
    assert thread.resting_tick is None


def test_a_resting_thread_that_runs_is_looked_at_again() -> None:
    thread = lane()
    thread.state = SLEEP
    thread.settle(b"100 100 1\n", 1.5, 15, 15)
    assert thread.resting_tick == 15
    thread.settle(b"900 100 2\n", 1.6, 16, 1)
    assert thread.resting_tick is None


def test_long_rest_does_not_weigh_on_the_frame_of_the_awakening() -> None:
    thread = lane()
    thread.state = SLEEP
    thread.settle(b"100 100 1\n", 1.5, 150, 15)
    thread.close_frame(1.5, 1.75)
    for frame in range(40):
        thread.settle(b"100 100 1\n", 1.75 + frame / 4, 175 + 25 * frame, 25)
        thread.credit_rest(175 + 25 * frame)
        thread.close_frame(1.75 + frame / 4, 2.0 + frame / 4)
    thread.settle(b"100 100 2\n", 11.8, 1180, 5)
    thread.counts[LOCK] = 20
    shares, _, _ = thread.close_frame(11.75, 12.0)
    assert shares["lock"] > 0.7


def test_time_before_birth_and_after_the_end_is_idle() -> None:
    thread = Lane(1, born_s=10.1, since_s=10.1)
    thread.settle(b"50000000 0 3\n", 10.2, 0, 0)
    thread.counts[DISK] = 5
    thread.gone_s = 10.2
    shares, _, schedules_per_s = thread.close_frame(10.0, 10.25)
    assert shares == dict(zip(STATES, (0.2, 0, 0, 0, 0, 0.2, 0, 0.6), strict=True))
    assert schedules_per_s == 12


def test_the_lock_most_waited_for_is_named() -> None:
    thread = lane()
    for address in (0x10, 0x20, 0x20, None):
        thread.lock = address
        thread.count_lock()
    thread.counts[LOCK] = 4
    assert thread.close_frame(0.0, 0.25)[1] == 0x20
    assert thread.close_frame(0.25, 0.5)[1] is None


def test_counters_that_begin_anew_are_not_counted_backwards() -> None:
    thread = Lane(1, born_s=0.0, since_s=0.0)
    thread.settle(b"900000000 900 90\n", 0.0, 0, 0)
    thread.framed = thread.seen
    thread.settle(b"100 0 1\n", 0.2, 1, 1)
    shares, _, schedules_per_s = thread.close_frame(0.0, 0.25)
    assert (shares["cpu"], schedules_per_s) == (0, 0)
    thread.settle(b"125000100 0 2\n", 0.5, 1, 1)
    assert thread.close_frame(0.25, 0.5)[0]["cpu"] == 0.5
