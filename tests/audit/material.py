"""Runs and watches of a subject, as an audit has them."""

from dataclasses import replace
from typing import Any

from gil_tui.verdict.audit_model import FUNCTION, PROCESS, Audit, Material, OtherPython, RunSeen, WatchSeen
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.observation import Observation
from tests.verdict import builders as build

PYTHON = "/usr/bin/python3.13"
AUDIT = Audit("Shop", "countdown", FUNCTION, "2026-03-01T14:02:03+00:00", PYTHON, "/srv", id=1)
OF_PROCESS = Audit("Service", "python shop.py", PROCESS, "2026-03-01T14:02:03+00:00", pid=100, id=2)
OTHERS = (OtherPython("free-threaded", "/opt/python3.13t"),)
PROCESSES = (10, 24, 38)


def seen(facts: RunFacts, number: int = 1, **more: Any) -> RunSeen:
    """A run of six trials, each watched alike where `facts` has an observation."""
    watched = (facts.observation,) * 6 if facts.observation else ()
    run = RunSeen(
        number,
        "sweep-1",
        facts,
        f"gil-tui run countdown -e {facts.label}",
        PYTHON,
        cpu_shares=(0.98, 0.99, 0.97, 0.98, 0.99, 0.98),
        observations=watched,
        startups_s=(facts.startup_s or 0.0,) * 6,
        cpus_online=8,
        cpus_limited_by="quota",
    )
    return replace(run, **more)


def gil_bound(**more: Any) -> Material:
    """A whole sweep of work that holds the GIL, on two CPUs."""
    threads = build.run("threads", 4, 1.02, observation=build.GIL_4)
    pools = [
        build.run("processes", count, gain, observation=build.TWO_BUSY, peaks_bytes=(10_000_000 * count,) * 6)
        for count, gain in ((1, 0.98), (2, 1.91))
    ]
    runs = [seen(build.sequential(), 1), seen(threads, 2)]
    runs += [seen(pool, 3 + index, handover_s={"0": 3e-5}) for index, pool in enumerate(pools)]
    return replace(Material(tuple(reversed(runs)), others=OTHERS, cpus=2.0), **more)


def thread(tid: int, **shares: float) -> dict[str, Any]:
    """An entry of a watch document."""
    states = dict.fromkeys(("cpu", "run_queue", "gil", "lock", "io", "idle"), 0.0) | shares
    return {"tid": tid, "name": "worker", "seen_s": 10.0, "holder_share": None, **states}


def watch(number: int = 1, **more: Any) -> WatchSeen:
    """A watch of 10 s of four threads that share one GIL."""
    document: dict[str, Any] = {
        "seconds": 10.0,
        "gil_enabled": True,
        "gil": {"available": True, "held": 0.99, "waiting": 2.9, "wait_share": 0.74, "samples": 1000},
        "threads": [thread(tid, cpu=0.25, gil=0.75) for tid in (101, 102, 103, 104)],
        "processes": [{"python": "CPython 3.13", "pss_bytes": 18_000_000}],
        "cpu": {
            "cores_effective": 2.0,
            "limited_by": "quota",
            "throttled_share": 0.1,
            "steal_share": None,
            "cores_used": 1.0,
        },
        "hot": [
            {"function": "render", "file": "/srv/views.py", "line": 41, "holds_gil": True, "share": 0.62},
            {"function": "dot", "file": "/srv/maths.py", "line": 7, "holds_gil": False, "share": 0.9},
        ],
        "verdict": {"code": "gil", "confidence": 0.9, "sentence": "GIL-bound: 4 threads"},
    }
    return WatchSeen(number, document | more)


def asleep() -> Observation:
    """What one worker that waits looks like."""
    return build.ASLEEP_1
