"""The verdict on one run: what its workers gained and what held them back."""

from dataclasses import replace

import pytest

from gil_tui.verdict.experiment import diagnose_run
from gil_tui.verdict.facts import RunFacts
from tests.verdict.builders import (
    ASLEEP_1,
    ASLEEP_8,
    FULL,
    GIL_4,
    LOCKED_4,
    RELEASED_2,
    TWO_BUSY,
    around,
    run,
    sequential,
    watched,
)

ASLEEP = sequential(observation=ASLEEP_1, cores_used=0.01)

CASES: list[tuple[RunFacts, RunFacts | None, str, str]] = [
    (
        sequential(),
        None,
        "serial",
        "One busy thread: it computes 100 % of the time and keeps the GIL; nobody waits, but more threads "
        "would; 2 processes would serve up to 2.0 times the load on the 2 CPUs this process may use",
    ),
    (
        run("threads", 4, 0.99, observation=GIL_4),
        sequential(),
        "gil",
        "GIL-bound: 4 threads do the work of 0.99; the GIL is held 99 % of the time and 2.8 wait for it",
    ),
    (
        run("threads", 4, 0.99, cores_used=1.0),
        sequential(),
        "gil",
        "GIL-bound, it seems: 4 threads do the work of 0.99 and use 1 CPU",
    ),
    (
        run("threads", 2, 1.95, observation=RELEASED_2),
        sequential(),
        "scales",
        "2 threads do the work of 1.95: speed-up follows the workers",
    ),
    (
        run("processes", 2, 1.91, observation=TWO_BUSY),
        sequential(),
        "scales",
        "2 processes do the work of 1.91: speed-up follows the workers",
    ),
    (
        run("processes", 4, 1.93, observation=FULL),
        sequential(),
        "cores",
        "CPUs full: 4 processes do the work of 1.93; the 2 CPUs this process may use are 98 % busy",
    ),
    (
        run("processes", 4, 1.93, cores_used=1.9),
        sequential(),
        "cores",
        "CPUs full: 4 processes do the work of 1.93 on the 2 CPUs this process may use",
    ),
    (
        run("threads", 8, 7.9, observation=ASLEEP_8),
        ASLEEP,
        "scales",
        "8 threads do the work of 7.9: the waits overlap",
    ),
    (
        run(
            "threads", 8, 3.0, observation=watched(cpu=0.1, network=7.9, held=0.1, held_sum=0.1, waiting=0.0)
        ),
        ASLEEP,
        "io",
        "Waiting, not computing: 8 threads do the work of 3.00; 7.9 wait for network, disk or sleep",
    ),
    (
        run("threads", 4, 1.02, observation=LOCKED_4),
        sequential(),
        "lock",
        "Waiting for a lock: 4 threads do the work of 1.02; 2.9 wait for one",
    ),
    (
        run("processes", 2, 0.45, task_s=0.0002),
        sequential(),
        "overhead",
        "Handing the work over costs more than it gains: 2 processes do the work of 0.45; one task takes "
        "0.2 ms",
    ),
    (
        run("processes:spawn", 2, 1.8, startup_s=0.4),
        sequential(wall_s=around(0.2)),
        "overhead",
        "Starting costs more than the work: 2 processes take 400 ms to start, one worker does all of it in "
        "200 ms",
    ),
    (
        run("asyncio", 8, 1.0, cores_used=1.0),
        sequential(),
        "serial",
        "One thread does it all: asyncio with 8 tasks at once does the work of 1.00; in one thread only "
        "waits overlap",
    ),
    (
        run("threads", 4, 1.5, observation=watched(cpu=0.5, run_queue=0.5, throttled_share=0.9)),
        sequential(),
        "throttled",
        "Stopped by the CPU quota in 90 % of the quota's periods: 4 threads do the work of 1.50",
    ),
    (
        run("threads", 4, 1.4, watch_why="another user's process", cores_used=1.4),
        sequential(),
        "unsure",
        "Not decided: 4 threads do the work of 1.40, and nothing watched says why: another user's process",
    ),
    (
        ASLEEP,
        None,
        "io",
        "Waiting, not computing: 1.0 of 1 thread waits for a sleep to end; the 2 CPUs this "
        "process may use are 0.5 % busy",
    ),
    (
        replace(ASLEEP, observation=watched(cpu=0.0, idle=2.0, held=0, held_sum=0, waiting=0)),
        None,
        "io",
        "Waiting, not computing: 0 % of a worker's time is computing",
    ),
    (
        sequential(observation=None),
        None,
        "serial",
        "One busy thread: it computes 100 % of the time",
    ),
    (
        sequential(observation=None, cores_used=None),
        None,
        "unsure",
        "Not decided: sequential was not watched",
    ),
    (
        run("threads", 4, None, wall_s=None, status="failed", failure="ZeroDivisionError: division by zero"),
        sequential(),
        "unsure",
        "Failed: ZeroDivisionError: division by zero",
    ),
    (
        run("threads", 4, None, wall_s=None, status="timeout"),
        sequential(),
        "unsure",
        "Stopped: threads x4 took longer than its time limit",
    ),
    (
        run("threads", 4, None, wall_s=None, status="running", trials=0),
        sequential(),
        "unsure",
        "Not measured: threads x4 has no finished trial",
    ),
    (
        run("processes", 2, 1.9, marked=2, mark="steal 12%"),
        sequential(),
        "unsure",
        "Unstable: 2 of 6 trials were disturbed (steal 12%)",
    ),
    (
        run("processes", 2, 1.9, marked=1, trials=1),
        sequential(),
        "unsure",
        "Unstable: 1 of 1 trial was disturbed",
    ),
]


@pytest.mark.parametrize(("facts", "baseline", "code", "sentence"), CASES)
def test_runs(facts: RunFacts, baseline: RunFacts | None, code: str, sentence: str) -> None:
    verdict = diagnose_run(facts, baseline)
    assert (verdict.code, verdict.sentence) == (code, sentence)
    assert (verdict.confidence == 0) == (code == "unsure")


def test_few_trials_make_less_sure() -> None:
    sure = [
        diagnose_run(run("threads", 4, 0.99, observation=GIL_4, trials=n), sequential()).confidence
        for n in (1, 2, 6, 12)
    ]
    assert sure == sorted(sure)
    assert sure[0] <= 0.67 < sure[-1]


def test_a_start_up_that_pays_says_from_when() -> None:
    facts = run("processes:spawn", 2, 1.8, startup_s=0.4)
    advice = diagnose_run(facts, sequential(wall_s=around(0.2))).advice
    assert [one.why for one in advice] == ["the start-up pays from 900 ms of work on"]


def test_one_worker_of_a_pool_is_judged_like_one_alone_unless_it_loses() -> None:
    assert (
        diagnose_run(run("threads", 1, 1.0, observation=sequential().observation), sequential()).code
        == "serial"
    )
    assert diagnose_run(run("processes", 1, 0.6), sequential()).code == "overhead"


def test_the_serial_fraction_stands_in_the_evidence() -> None:
    evidence = diagnose_run(run("threads", 2, 1.6), sequential()).evidence
    rows = {row.name: row for row in evidence}
    assert rows["threads x2 serial fraction"].value == pytest.approx(0.25)
    assert "at most 4.00x" in rows["threads x2 serial fraction"].how
    assert rows["threads x2 efficiency"].value == pytest.approx(0.8)
    assert rows["threads x2 speed-up"].low == pytest.approx(1.584)
