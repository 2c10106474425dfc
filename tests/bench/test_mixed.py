"""Requests that compute and wait, and I/O beside threads that compute."""

import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import load, mixed
from gil_tui.bench.workloads.base import Workload
from tests.bench import children

with_gil = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="without a GIL nobody waits for it"
)


def test_the_parts_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[tuple[str, float]] = []
    monkeypatch.setattr(mixed, "burn", lambda ms, step: spent.append((type(step()).__name__, ms)))
    monkeypatch.setattr("time.sleep", lambda seconds: spent.append(("wait", seconds)))
    web = load("web", (("parse_ms", 1.0), ("wait_ms", 20.0), ("render_ms", 3.0)), ".")
    web.run(2, 0)
    assert spent == [("dict", 1.0), ("wait", 0.020), ("bytes", 3.0)] * 2


def test_a_page_is_what_was_parsed() -> None:
    web: Any = load("web", (("parse_ms", 0.0), ("wait_ms", 0.0), ("render_ms", 0.0)), ".")
    rows = "".join(f"<tr><td>shirt &amp; tie</td><td>{size}</td><td>19.99</td></tr>" for size in range(20))
    pages = [f"<h1>Order 7, {index}</h1><table>{rows}</table>".encode() for index in range(2)]
    assert web._rendered(web._parsed(7, 1)) == pages[1]
    assert web.run(2, 7) == zlib.crc32(b"".join(pages))


@pytest.mark.real
@pytest.mark.parametrize("name", ["web", "convoy"])
def test_a_calibrated_task_is_one_request(name: str) -> None:
    knobs = {
        "web": [("wait_ms", 0.5), ("parse_ms", 0.1), ("render_ms", 0.1)],
        "convoy": [("latency_ms", 0.5)],
    }
    child = children.run("calibrate", workload=name, knobs=tuple(knobs[name]), job={"max_workers": 2})
    assert (child.last["event"], child.last["size"]) == ("calibrated", 1), child.last
    assert child.last["tasks"] > 20


@pytest.fixture
def convoy() -> Iterator[Any]:
    ready: list[Workload] = []

    def make(job: str = "trial", executor: str = "threads", **knobs: Any) -> Workload:
        facts = {"job": job, "executor": executor, "workers": 1}
        ready.append(load("convoy", tuple(knobs.items()), ".", facts))
        ready[-1].prepare()
        return ready[-1]

    yield make
    for workload in ready:
        workload.close()
    assert spinning() == 0


def spinning() -> int:
    return sum(thread.name == "spinner" for thread in threading.enumerate())


def test_spinners_compute_in_a_trial_and_end_with_it(convoy: Any) -> None:
    workload = convoy(spinners=2)
    assert spinning() == 2
    children.wait_until(lambda: workload.figures()["spinner_steps_per_s"] > 0, "steps")
    assert workload.notes == ()
    workload.close()
    assert spinning() == 0


@pytest.mark.parametrize("job", ["calibrate", "handover"])
def test_nothing_computes_while_something_else_is_measured(convoy: Any, job: str) -> None:
    workload = convoy(job)
    assert spinning() == 0
    assert workload.figures() == {}


def test_an_instance_in_a_worker_has_no_spinner(convoy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = convoy(executor="processes", spinners=0)
    threads: list[str] = []
    monkeypatch.setattr(
        mixed.Spinner, "__init__", lambda spinner: threads.append("made")
    )  # interpreters refuse
    other = load("convoy", (), ".", {**first.facts, "executor": "processes"})
    other.enter()
    assert other.run(2, 1) == first.run(2, 1)
    assert (spinning(), threads) == (0, [])


def test_who_hands_over_is_told(convoy: Any) -> None:
    assert "handed over by the process that computes" in convoy(executor="processes").notes[0]
    assert convoy(executor="processes", spinners=0).notes == ()


def test_requests_are_those_of_http(convoy: Any) -> None:
    workload = convoy(spinners=0)
    http = load("http", (), ".", workload.facts)
    assert [workload.run(2, number) for number in range(3)] == [http.run(2, number) for number in range(3)]


def latencies_s(spinners: int, **experiment: Any) -> dict[str, float]:
    knobs = (("latency_ms", 1.0), ("spinners", spinners))
    child = children.run(workload="convoy", size=1, tasks=20, knobs=knobs, **experiment)
    assert child.last["event"] == "finished", child.last
    assert bool(child.last["figures"].get("spinner_steps_per_s")) == bool(spinners)
    assert {worker["pid"] for worker in child.last["workers"]} <= set(child.events[1]["worker_pids"])
    assert len(child.last["workers"]) == experiment.get("workers", 1)
    return dict(child.last["latency_s"])


@with_gil
@pytest.mark.real
@pytest.mark.parametrize("spread", ["sequential", "threads", "asyncio"])
def test_requests_beside_a_thread_that_computes_take_longer(spread: str) -> None:
    """At a switch interval long enough to stand out from whatever else the host does."""
    experiment = {
        "executor": spread,
        "workers": 1 if spread == "sequential" else 2,
        "switch_interval_s": 0.05,
    }
    alone, beside = latencies_s(0, **experiment), latencies_s(1, **experiment)
    assert beside["p50"] > alone["p50"]
    assert beside["p99"] > alone["p99"]
    shorter = latencies_s(1, **{**experiment, "switch_interval_s": 0.0005})
    assert shorter["p50"] < beside["p50"]


@with_gil
@pytest.mark.real
def test_processes_have_no_convoy() -> None:
    beside = {
        spread: latencies_s(1, executor=spread, workers=2, switch_interval_s=0.05)
        for spread in ("threads", "processes")
    }
    assert beside["processes"]["p50"] < beside["threads"]["p50"]


@pytest.mark.real
def test_failures_end_the_spinners_too() -> None:
    child = children.run(workload="convoy", executor="treads", size=1, tasks=2)
    assert (child.last["event"], child.last["kind"]) == ("failed", "usage")
    assert child.process.returncode == 1


def test_spinners_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(mixed.Spinner, "start", refuse)
    workload = load("convoy", (), ".", {"job": "trial"})
    with pytest.raises(JobError, match="1 spinners cannot be started: can't start new thread") as caught:
        workload.prepare()
    assert caught.value.kind == "workload"
    workload.close()


@pytest.mark.parametrize("at_once", [0, 1])
def test_the_server_works_on_so_many_at_a_time(at_once: int) -> None:
    """One at a time takes the sum of their latencies; any number at once can take less."""
    workload = load("http", (("latency_ms", 50.0), ("answers_at_once", at_once)), ".")
    workload.prepare()
    try:
        with ThreadPoolExecutor(8) as pool:
            begun_s = time.monotonic()
            found = list(pool.map(lambda number: workload.run(1, number), range(8)))
            took_s = time.monotonic() - begun_s
    finally:
        workload.close()
    assert len(set(found)) == 8
    assert (took_s >= 8 * 0.050) == (at_once == 1)
