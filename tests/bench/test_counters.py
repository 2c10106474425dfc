"""Counters of the work: what perf says is understood, and perf is nobody's trouble."""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench import counters as module
from gil_tui.bench.counters import Counters, parsed, reason
from tests.bench import children
from tests.bench.children import Child

AS_ROOT = """Events enabled
78.41;msec;task-clock;78406674;100.00;0.400;CPUs utilized
20;;context-switches;78406674;100.00;255.080;/sec
1;;cpu-migrations;78406674;100.00;0.000;/sec
608;;page-faults;78406674;100.00;0.000;/sec
<not supported>;;cycles;0;100.00;;
<not supported>;;instructions;0;100.00;;
<not counted>;;cache-misses;0;0.00;;
"""
AS_USER = """70.40;msec;task-clock:u;70404117;100.00;0.480;CPUs utilized
0;;context-switches:u;70404117;100.00;0.000;/sec
0;;cpu-migrations:u;70404117;100.00;0.000;/sec
17;;page-faults:u;70404117;100.00;0.000;/sec
209715200;;cycles:u;70404117;100.00;2.979;GHz
314572800;;instructions:u;70404117;66.67;1.50;insn per cycle
"""
GERMAN = "70,40;msec;task-clock;70404117;100,00;0,480;CPUs utilized\n"
HYBRID = """1000;;cpu_core/cycles/;70404117;60.00;;
<not counted>;;cpu_atom/cycles/;0;0.00;;
500;;cpu_core/instructions/u;70404117;60.00;;
70;;cpu_atom/instructions/u;70404117;40.00;;
"""
FORBIDDEN = """Error:
Access to performance monitoring and observability operations is limited.
Consider adjusting /proc/sys/kernel/perf_event_paranoid setting to open
perf_event_paranoid setting is 4:
"""

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="perf is Linux's")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (AS_ROOT, {"task_clock_s": 0.07841, "context_switches": 20, "cpu_migrations": 1, "page_faults": 608}),
        (
            AS_USER,
            {"task_clock_s": 0.0704, "page_faults": 17, "cycles": 209715200, "instructions": 314572800},
        ),
        (GERMAN, {"task_clock_s": 0.0704}),
        (HYBRID, {"cycles": 1000, "instructions": 570}),
        (FORBIDDEN, {}),
        ("", {}),
        ("1;;no-event-of-ours;1;100.00\n;;;;\n;", {}),
    ],
)
def test_what_perf_counted(text: str, found: dict[str, float]) -> None:
    assert parsed(text) == pytest.approx(found)


@pytest.mark.parametrize(
    ("said", "paranoid", "parts"),
    [
        (FORBIDDEN, "4", ("perf_event_paranoid is 4", "sysctl kernel.perf_event_paranoid=2")),
        ("perf_event_open: Operation not permitted\n", "2", ("although", "is 2", "--cap-add PERFMON")),
        ("No permission to enable task-clock event.\n", "", ("is unknown", "PERFMON")),
        ("\n  Error: unknown option `control'\n\n Usage: perf stat\n", "2", ("unknown option `control'",)),
        ("\0", "2", ("does not answer",)),
    ],
)
def test_why_nothing_is_counted(said: str, paranoid: str, parts: tuple[str, ...]) -> None:
    why = reason(said, paranoid)
    assert why.startswith("perf ") and "\n" not in why
    assert [part for part in parts if part not in why] == []


def test_where_there_is_no_perf_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    counters = Counters.start()
    counters.enable()
    counters.disable()
    assert counters.take() is None
    assert "apt-get install linux-perf" in counters.why


def test_nothing_that_was_not_asked_for_is_counted() -> None:
    counters = Counters()
    counters.enable()
    counters.disable()
    assert (counters.take(), counters.why) == (None, "")


@linux
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'Error: unknown option' >&2; exit 129", "unknown option"),
        ("exec sleep 1000", "does not answer"),
        ("read order; printf 'ack\\n\\0'; read order", "does not answer"),
        ("read order; printf 'ack\\n\\0'; echo '<not supported>;;cycles'", "<not supported>"),
    ],
)
def test_a_perf_that_is_none_costs_no_trial(
    script: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "perf").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "perf").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    counters = Counters.start()
    counters.enable()
    counters.disable()
    assert counters.take() is None
    assert why in counters.why
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def counted(executor: str, **experiment: Any) -> Child:
    """A real trial with counters; skips where perf may not count here."""
    wanted: dict[str, Any] = {"workload": "countdown", "size": 200_000} | experiment
    child = children.run(job={"counters": True}, executor=executor, **wanted)
    assert child.last["event"] == "finished", child.last
    if child.last["counters"] is None:
        pytest.skip(f"no counters here: {child.last['counters_why']}")
    return child


@pytest.mark.real
@linux
@pytest.mark.parametrize("executor", ["sequential", "threads", "processes"])
def test_the_work_of_all_workers_is_counted_and_perf_is_not(executor: str) -> None:
    child = counted(executor, workers=2, tasks=20)
    trial = child.last
    workers_s = sum(worker["cpu_s"] for worker in trial["workers"])
    assert 0.6 * workers_s < trial["counters"]["task_clock_s"] < 1.5 * workers_s + 0.05
    assert trial["counters_why"] == ""
    assert trial["cpu_s"] < 1.5 * workers_s + 0.5
    assert child.wait() == 0


@pytest.mark.real
@linux
def test_helpers_are_not_counted() -> None:
    trial = counted("threads", workload="http", workers=2, size=1, tasks=20).last
    own_s = sum(worker["cpu_s"] for worker in trial["workers"])
    assert trial["counters"]["task_clock_s"] < 3 * own_s + 0.05


@pytest.mark.real
@linux
def test_perf_ends_with_the_experiment() -> None:
    if shutil.which("perf") is None:
        pytest.skip("perf is not installed")
    child = children.start(
        job={"counters": True}, workload="sleep", executor="threads", workers=2, size=1000, tasks=2
    )
    experiment = child.wait_for("hello")["pid"]

    def beside() -> list[int]:
        return [pid for pid in running("perf") if os.getpgid(pid) == experiment]

    end_s = time.monotonic() + 5
    while not beside() and "started" not in child.names and time.monotonic() < end_s:
        time.sleep(0.01)
    pids = beside()
    if not pids:
        child.close_switch()
        child.wait()
        pytest.skip("perf may not count here")
    child.close_switch()
    child.wait()
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def running(name: str) -> list[int]:
    """Processes of that name that have not ended."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command, _, rest = (folder / "stat").read_text().partition(")")
            except OSError:
                continue
            if command.partition("(")[2] == name and rest.split()[0] not in "ZX":
                found.append(int(folder.name))
    return found
