"""All kinds of sentences that `verdict/` makes, from figures that are drawn or known."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gil_tui.verdict.audit import checklist
from gil_tui.verdict.audit_fill import PORTS
from gil_tui.verdict.audit_model import Audit, Checklist, Material, RunSeen
from gil_tui.verdict.comparison import (
    Comparison,
    IncomparableError,
    Side,
    SweepComparison,
    compare_runs,
)
from gil_tui.verdict.comparison_words import comparison_lines, result, sweep_sentence
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.verdict.dump import WaitDump
from gil_tui.verdict.experiment import diagnose_run
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.known_loads import (
    LOADS,
    GaugeFigures,
    LoadFigures,
    ThreadFigures,
    checks_of_load,
    name_of,
)
from gil_tui.verdict.known_speedups import SpreadFigures, checks_of_bound, checks_of_speedup
from gil_tui.verdict.model import Evidence, Verdict
from gil_tui.verdict.observation import HotFunction, LockGroup, Observation, Place
from gil_tui.verdict.recommendation_words import recommendation_rows
from gil_tui.verdict.selftest import Check, conclusion
from gil_tui.verdict.shapes import remarks
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.sweep import bests_of, diagnose_sweep, fits_of
from gil_tui.verdict.words import amount
from tests.audit import material as audited
from tests.verdict import builders as build

HOT = (
    HotFunction("render", "/srv/views.py", 41, True, 0.62),
    HotFunction("dot", "/srv/maths.py", 7, False, 0.9),
)


UNREADABLE = "PyPy's GIL cannot be read"
EXECUTORS = (
    "threads", "processes", "processes:spawn", "asyncio", "interpreters", "asyncio+threads", "loky", "dask",
)  # fmt: skip
MARKS = ("steal 12 %", "other programs use 1.2 CPUs, pressure 8 %")
OF_PORTS = {"family": "extension", "unit": "iterations"}


def of_evidence(row: Evidence) -> Iterator[str]:
    yield from (row.name, row.how, amount(row.value, row.unit))


def of_verdict(verdict: Verdict) -> Iterator[str]:
    """Every text of a verdict."""
    yield verdict.sentence
    yield from verdict.would_change
    for row in verdict.evidence:
        yield from of_evidence(row)
    for advice in verdict.advice:
        yield from (advice.action, advice.cost, advice.why)


def drawn_observation(source: random.Random) -> Observation:
    """A program that does mostly one thing, on few or many CPUs."""

    def threads(most: float) -> float:
        return source.choice((0.0, 0.0, source.uniform(0, most)))

    cpus = source.choice((1.0, 1.5, 2.0, 8.0))
    cpu = min(cpus, threads(2.0) + source.choice((0.01, 0.5, 1.0)))
    enabled = source.choice((True, True, False, None))
    held = source.choice((None, min(1.0, cpu), source.random(), 0.99))
    lock = threads(4)
    return build.watched(
        samples=source.choice((10, 60, 600)), cpu=cpu, run_queue=threads(3), gil=threads(4), lock=lock,
        network=threads(5), disk=threads(2), sleep=threads(3), held=held, held_sum=held,
        held_off_cpu=source.choice((None, 0.0, 0.4)), waiting=source.choice((None, threads(4))),
        busy_gils=source.choice((0, 1, 3)), busiest_cpu=min(1.0, cpu), gil_enabled=enabled,
        free_threaded=enabled is False, victims=threads(4), victims_gil=source.random(),
        busiest_name=source.choice(("", "worker-1")), cpus_effective=cpus,
        others_used=source.choice((None, 0.0, 1.2)), throttled_share=source.choice((None, 0.0, 0.0, 0.3)),
        steal_share=source.choice((None, 0.0, 0.0, 0.2)), process_bytes=source.choice((None, 45_000_000)),
        schedules_per_s=source.choice((10.0, 161_000.0)), hot=source.choice(((), HOT)),
        unknown=source.choice((0.0, 0.0, 0.0, 2.0)), cpus_limited_by=source.choice(("", "quota", "affinity")),
        locks=(LockGroup(1, 2, 3, 2, lock),) if lock else (), parts_sum_error=source.choice((0.0, 0.0, 0.1)),
    )  # fmt: skip


def drawn_run(source: random.Random, executor: str, workers: int, **more: Any) -> RunFacts:
    seen = source.choice((None, drawn_observation(source)))
    speedup = source.uniform(0.6, 1.0) * source.choice((1, workers))
    ended = source.choice(("done", "done", "done", "done", "failed", "timeout", "running"))
    failure = "ValueError: no (really; and more), 3 of 4. End" if ended == "failed" else ""
    facts: dict[str, Any] = {
        "observation": seen, "status": ended, "failure": failure, "trials": source.choice((3, 6)),
        "marked": source.choice((0, 0, 1, 2)), "mark": "steal 12 %", "gil_enabled": True,
        "startup_s": source.choice((0.002, 0.06, 9.0)), "watch_why": "" if seen else UNREADABLE,
        "peaks_bytes": (10_000_000 * workers,) * 6, "available_bytes": source.choice((40_000_000, 8 << 30)),
        "cores_used": source.choice((None, 0.1, 0.9)), "handover_s": source.choice((None, 3e-5)),
    }  # fmt: skip
    return build.run(executor, workers, speedup, **(facts | more))


def drawn_sweep(source: random.Random) -> list[RunFacts]:
    """Some executors at some worker counts, sometimes without a sequential run."""
    runs = [drawn_run(source, "sequential", 1)] if source.random() < 0.9 else []
    for executor in source.sample(EXECUTORS, source.choice((1, 2, 3))):
        runs += [drawn_run(source, executor, workers) for workers in (1, 2, 4)[-source.choice((1, 2, 3)) :]]
    if source.random() < 0.3:
        free: dict[str, Any] = {"python": "CPython 3.13.5t", "work": "countdown, 3.13.5t"}
        runs.append(
            drawn_run(source, "threads", 4, free_threaded=True, **free) if source.random() < 0.5
            else drawn_run(source, "sequential", 1, **free)
        )  # fmt: skip
    return runs


def of_sweep(runs: list[RunFacts]) -> Iterator[str]:
    yield from of_verdict(diagnose_sweep(runs, 40)[0])
    for run in runs:
        yield from of_verdict(diagnose_run(run, next((one for one in runs if one.is_baseline), None)))
        yield from remarks(run.walls_s)
    for best in bests_of(runs, 40):
        yield from (text for _, text in recommendation_rows(best))
    yield from (fit["refused"] for fit in fits_of(runs) if fit.get("refused"))


def of_ports() -> Iterator[str]:
    gains = {"loop_python": 1.0, "loop_numpy": 20.0, "loop_c_held": 80.0, "loop_c_released": 85.0}
    for scaling in (0.99, 1.25, 1.9):
        runs = []
        for name in PORTS:
            about: dict[str, Any] = {"workload": name, "work": name, **OF_PORTS}
            runs.append(build.run("sequential", units=1000.0 * gains[name], **about))
            gain = scaling if name == "loop_c_released" else 0.99
            runs.append(build.run("threads", 2, gain, units=1000.0 * gains[name], **about))
        yield from of_verdict(diagnose_sweep(runs, 40)[0])


def of_checklist(found: Checklist) -> Iterator[str]:
    yield found.sentence
    for point in found.points:
        yield from (point.question, point.state, point.answer, point.why)
        for row in (*point.evidence, *((point.figure,) if point.figure else ())):
            yield from of_evidence(row)


def audits() -> Iterator[tuple[Audit, Material]]:
    """A function and a process, measured in all ways that their answers tell apart."""
    seen, whole = audited.seen, audited.gil_bound(watches=(audited.watch(),))
    yield from ((audited.AUDIT, Material(others=audited.OTHERS)), (audited.AUDIT, whole))
    yield replace(audited.AUDIT, refusals={2: "py-spy is not installed"}), Material()
    yield audited.OF_PROCESS, Material()
    marked = [replace(run, facts=replace(run.facts, marked=3, mark="steal 12 %")) for run in whole.runs]
    without = [replace(run, facts=replace(run.facts, gil_enabled=False)) for run in whole.runs]
    free = build.run("threads", 2, 4.0, python="CPython 3.13.5t", free_threaded=True, gil_enabled=False)
    there = seen(free, 9, interpreter="/opt/python3.13t", gil_enabled_by="oldmodule")
    broken = replace(free, status="failed", failure="no module lxml", wall_s=None)
    ports = [
        seen(build.run("sequential", workload=name, family="extension", unit="iterations"), number)
        for number, name in enumerate(PORTS, 10)
    ]
    several: list[list[RunSeen]] = [marked, without]
    several += [[*more, *whole.runs] for more in ([there], [replace(there, facts=broken)], ports)]
    for pair in ((1.9, 1.91), (0.99, 0.9), (1.2, 1.9)):
        two = [build.run(name, 2, gain) for name, gain in zip(("threads", "processes"), pair, strict=True)]
        several.append([seen(one, number) for number, one in enumerate(two, 2)])
    for observation, shares in (
        (build.ASLEEP_1, (0.02,) * 6), (build.watched(cpu=0.7, held=0.3), (0.7, 0.71, 0.69) * 2),
        (build.watched(cpu=1.0, held=0.1, throttled_share=0.2, steal_share=0.03), (0.99,) * 6),
    ):  # fmt: skip
        alone = seen(build.run("sequential", observation=observation), cpu_shares=shares)
        several.append([alone, seen(build.run("threads", 4, observation=build.LOCKED_4), 2)])
    for runs in several:
        yield audited.AUDIT, replace(whole, runs=tuple(runs))
    own = replace(audited.AUDIT, subject="shop:render")
    timed = seen(replace(build.sequential(), workload="shop:render"), 5, call_s=0.0031, call_repeats=5)
    yield own, replace(whole, runs=(timed,))
    yield own, replace(whole, runs=(replace(timed, call_repeats=1),))
    idle = [audited.thread(101, idle=1.0)]
    busy = [audited.thread(101, cpu=1.0), audited.thread(102, lock=1.0)]
    pools = [{"python": "CPython 3.13", "pss_bytes": size * 9_000_000} for size in (2, 3)]
    for changes in (
        {"threads": idle}, {"threads": busy, "processes": pools}, {"gil_enabled": False},
        {"threads": [audited.thread(101, io=1.0)], "hot": [HOT[1].to_json()]},
        {"hot": [replace(HOT[0], line=0, share=1.0).to_json()]}, {},
    ):  # fmt: skip
        yield audited.OF_PROCESS, Material(watches=(audited.watch(**changes),))


def a_side(number: int, seconds: float, **changes: Any) -> Side:
    walls_s = tuple(seconds * (1 + off) for off in (0.0, -0.01, 0.01, 0.004, 0.002, -0.002))
    facts = {"executor": "threads x4", "interpreter": "CPython 3.13.2", "host": "web-01"}
    made = Side(f"#{number}", "threads x4", "countdown", facts, walls_s, 1000, 40, sweep_id="s1", id=number)
    return replace(made, **changes)


def comparisons() -> Iterator[Comparison]:
    one = a_side(40, 4.05)
    elsewhere = {"executor": "processes x2", "interpreter": "PyPy 3.9.16", "host": "db-01"}
    others = (
        a_side(41, 2.11), a_side(42, 9.0, facts=elsewhere), a_side(43, 4.06, sweep_id="s2", knobs="hold=90"),
        a_side(44, 2.0, size=500, checksums=(2,)), a_side(45, 4.0, disturbed=5, mark="steal 5 %"),
        a_side(46, 4.0, disturbed=1), a_side(47, 4.0, disturbed=1, mark="throttled in 4 % of the periods"),
        a_side(48, 4.0, checksums=(2,)), a_side(49, 4.0, walls_s=(4.0,)),
        a_side(50, 4.0, walls_s=(9.0, 4, 4.1, 4.05)),
        a_side(51, 4.0, walls_s=(4.0, 6.0, 4.1, 6.1, 4.0, 6.0, 4.1, 6.1)),
        a_side(52, 4.0, walls_s=(4.0, 4.1, 4.2, 4.3, 4.4, 4.5, 4.6, 4.7)),
    )  # fmt: skip
    for other in others:
        for floor in (0.02, None):
            yield compare_runs(replace(one, checksums=(1,)), other, floor)
    old, new = (a_side(n, n / 10, workload=f"shop.py:f{n}", facts=elsewhere) for n in (53, 54))
    yield compare_runs(old, new, 0.02)


def refusals() -> Iterator[str]:
    """Why two runs have no common measure."""
    one = a_side(40, 4.0)
    for other in (
        one, a_side(41, 4.0, walls_s=()), a_side(41, 4.0, walls_s=(), failure="KeyError: 'a; b'"),
        a_side(41, 4.0, workload="sha256"), a_side(41, 4.0, size=None),
    ):  # fmt: skip
        try:
            compare_runs(one, other, 0.02)
        except IncomparableError as error:
            yield str(error)


def of_comparisons() -> Iterator[str]:
    found = list(comparisons())
    for one in found:
        yield from (line.strip() for line in comparison_lines(one) if line)
        yield result(one)
    yield from refusals()
    for pairs in (found[:1], found[:5], found[8:10], found[8:9] + found[:1], found[:0], found[4:5]):
        for noise in (0.02, None):
            yield sweep_sentence(SweepComparison("9f3a0000", "77aa0000", tuple(pairs), noise))


def checks() -> Iterator[Check]:
    lanes = {"cpu": 0.25, "run_queue": 0.0, "gil": 0.75, "lock": 0.0, "io": 0.0, "idle": 0.0}
    thread = ThreadFigures(0.25, 0.01, 0.0, lanes)
    for load in LOADS:
        for number in (1, 4, 24):
            known = LoadFigures(load, number, 3.0, threads=(thread,) * number, lane_samples=300)
            yield from checks_of_load(replace(known, gauge=GaugeFigures(0.99, 2.95, 0.02, 179.0, 300)))
            yield from checks_of_load(replace(known, marks=MARKS))
            yield from checks_of_load(replace(known, gil_enabled=False))
            yield from checks_of_load(replace(known, threads=(replace(thread, cpu=None),)))
            yield from checks_of_load(replace(known, threads=(replace(thread, waits_known=False),)))
            yield from checks_of_load(replace(known, threads=()))
    spreads = [
        SpreadFigures(work, executor, 2, cpus, speedup=speedup, foretold=2.0)
        for work in ("countdown", "sleep")
        for executor in ("threads", "processes", "interpreters")
        for cpus in (1.0, 2.0)
        for speedup in (None, Interval(1.5, 1.4, 1.6), Interval(1.5, 1.0, 1.9))
    ]
    yield from checks_of_speedup(spreads)
    yield from checks_of_bound(spreads)
    yield from checks_of_bound([replace(spreads[0], foretold=None)])


def of_selftests() -> Iterator[str]:
    found = list(checks())
    for check in found:
        yield from (check.part, check.subject, check.quantity, check.state, check.note)
    for some in (found, found[:1], found[-1:], []):
        yield conclusion(some)
    yield from (name_of(load, number) for load in LOADS for number in (1, 90))


def of_observations(source: random.Random, draws: int) -> Iterator[str]:
    dumps = (None, WaitDump(3, 0, Place("save", "/srv/store.py", 12)), WaitDump(0, 3), WaitDump(2, 0))
    for _ in range(draws):
        yield from of_verdict(diagnose_observation(drawn_observation(source), source.choice(dumps)))


def everything() -> dict[str, set[str]]:
    """All that can be said, by what says it."""
    source = random.Random(7)
    sweeps = [drawn_sweep(source) for _ in range(25)]
    return {
        "watches": set(of_observations(source, 150)),
        "sweeps": {text for runs in sweeps for text in of_sweep(runs)},
        "ports": set(of_ports()),
        "audits": {text for audit in audits() for text in of_checklist(checklist(*audit))},
        "comparisons": set(of_comparisons()),
        "self-tests": set(of_selftests()),
    }
