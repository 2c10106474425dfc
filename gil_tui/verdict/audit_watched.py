"""The answers of an audit that come from watches: of a process all, of a function its costliest part."""

from gil_tui.verdict import words
from gil_tui.verdict.audit_model import Audit, Material, RunSeen, WatchSeen
from gil_tui.verdict.audit_words import (
    Answer,
    brief,
    costliest,
    hot_watch,
    interval_evidence,
    telling_threads,
)
from gil_tui.verdict.model import Evidence
from gil_tui.verdict.observation import HotFunction
from gil_tui.verdict.statistics import median_interval

TOLD = 0.05
MANY = 3
"""Functions that are told beside the costliest one."""
LANES = "thread lanes, idle threads left out"


def costliest_function(audit: Audit, material: Material) -> Answer | None:
    """Point 2: the function that the samples of py-spy show most, and what one call of the subject takes."""
    found = hot_watch(material.watches)
    if found is None:
        return None
    watch, hot = found
    top = costliest(hot)
    of = "of the samples with the GIL held" if top.holds_gil else "of the samples without the GIL"
    said = f"{top.place.short}: {words.share(top.share)} {of}"
    how = "innermost function, py-spy without pausing"
    rows = [Evidence(_place(one), one.share, "share", how) for one in hot[:MANY]]
    runs: tuple[int, ...] = ()
    called = next((run for run in material.of(audit.subject) if run.interpreter == audit.interpreter), None)
    if called and called.call_s and ":" in audit.subject:
        best = f"best of {called.call_repeats}" if called.call_repeats > 1 else "called once"
        rows.append(Evidence("one call", *brief(called.call_s), f"timed at calibration, {best}"))
        said += f"; one call takes {words.amount(*brief(called.call_s))}"
        runs = (called.id,)
    return Answer(said, rows[0], tuple(rows), runs, (watch.id,))


def computes_or_waits(watch: WatchSeen) -> Answer | None:
    """Point 1 of a process: what its threads that are not idle do."""
    cpu, queue, gil, io = (watch.threads_in(state) for state in ("cpu", "run_queue", "gil", "io"))
    if cpu is None or queue is None or io is None:
        return None
    wanting = cpu + queue + (gil or 0.0)
    if wanting + io <= TOLD:
        return Answer(f"Neither: it was idle for {words.seconds(watch.seconds)}", watches=(watch.id,))
    share = wanting / (wanting + io)
    kind = "CPU" if share >= 0.9 else "I/O" if share <= 0.5 else "Both"
    said = f"{kind}: its threads compute, or would, {words.share(share)} of the time that they are not idle"
    rows = (
        Evidence("threads on CPU", cpu, "threads", LANES),
        Evidence("threads in I/O", io, "threads", LANES),
    )
    return Answer(said, Evidence("computes", share, "share", LANES), rows, watches=(watch.id,))


def gil_of_process(watch: WatchSeen) -> Answer | None:
    """Point 3 of a process: the GIL wait share, who holds the GIL, who waits."""
    gil = watch.document["gil"]
    if watch.document["gil_enabled"] is False:
        return Answer("No: it runs without a GIL", watches=(watch.id,))
    if gil["held"] is None or gil["wait_share"] is None:
        return None
    lost, who = gil["wait_share"], telling_threads([watch])
    some = f"{words.mean(gil['waiting'])} threads wait, " if gil["waiting"] is not None else ""
    said = f"{'Yes' if lost >= TOLD else 'No'}: {some}{words.share(lost)} of the time they want to compute"
    said += f" is lost to it{who.held_by if lost >= TOLD else ''}"
    held = Evidence("GIL held", gil["held"], "share", f"{gil['samples']:,} reads of the GIL")
    figure = Evidence("time lost to the GIL", lost, "share", LANES)
    return Answer(said, figure, (held, *who.evidence), watches=(watch.id,))


def native_of_process(watch: WatchSeen) -> Answer | None:
    """Point 5 of a process: how much of its computing holds the GIL.

    Threads in the run queue are left out: many are there because they were woken to wait for the GIL.
    """
    cpu, held = watch.threads_in("cpu"), watch.document["gil"]["held"]
    if cpu is None or held is None or cpu <= TOLD:
        return None
    share = min(1.0, held / cpu)
    named = hot_watch([watch])
    top = costliest(named[1]) if named else None
    where = f"; most of it is {top.place.short}" if top and top.holds_gil else ""
    said = f"{words.share(share)} of its computing holds the GIL{where}"
    rows: tuple[Evidence, ...] = ()
    if top and top.holds_gil and top.share < 1:
        how = "Amdahl: its share of the samples with the GIL held, were it to cost nothing"
        rows = (Evidence(f"`{top.function}` ported, at most", 1 / (1 - top.share), "x", how),)
    how = "the busiest GIL held over threads on CPU, at most"
    return Answer(
        said, Evidence("computes with the GIL held", share, "share", how), rows, watches=(watch.id,)
    )


def memory_of_process(watch: WatchSeen) -> Answer | None:
    """Point 6 of a process: what memory its workers have; start and hand-over cannot be seen from outside."""
    pythons = [one for one in watch.document["processes"] if one["python"] and one["pss_bytes"]]
    if not pythons:
        return None
    sizes = sorted(one["pss_bytes"] for one in pythons)
    middle = sizes[len(sizes) // 2]
    total = f", {words.size(sum(sizes))} altogether" if len(sizes) > 1 else ""
    said = f"{words.some(len(sizes), 'process', 'processes')} of {words.size(middle)} (PSS){total}"
    figure = Evidence("one process", middle, "bytes", "PSS, smaps_rollup", sizes[0], sizes[-1])
    return Answer(said, figure, watches=(watch.id,))


def locks_of_process(watch: WatchSeen) -> Answer | None:
    """Point 7 of a process: the verdict knows threads that wait for a lock from those that wait for work."""
    lock, verdict = watch.threads_in("lock"), watch.verdict
    if lock is None or verdict is None or (verdict.needs_dump and lock > TOLD):
        return None
    figure = Evidence("threads in lock waits", lock, "threads", "thread lanes; pools without work wait alike")
    said = verdict.sentence if verdict.code == "lock" else f"No: {words.mean(lock)} threads in lock waits"
    if verdict.code != "lock" and lock > TOLD:
        said += ", as threads of a pool without work are"
    return Answer(said, figure, watches=(watch.id,))


def host(audit: Audit, material: Material) -> Answer | None:
    """Point 9, from the newest runs or the newest watch: CPUs, quota, throttling, steal, disturbances."""
    runs = [run for run in material.of(audit.subject) if run.observations]
    runs = [run for run in runs if run.interpreter == audit.interpreter] or runs
    if not runs:
        return _host_of_watch(material.watches[0]) if material.watches else None
    newest = [run for run in runs if run.sweep_id == runs[0].sweep_id]
    seen = [one for run in newest for one in run.observations]
    throttled = [one.throttled_share for one in seen if one.throttled_share is not None]
    stolen = [one.steal_share for one in seen if one.steal_share is not None]
    rows = [
        interval_evidence(name, median_interval(values), "share", how)
        for name, values, how in (
            ("throttled", throttled, "periods of the CPU quota, each trial"),
            ("stolen", stolen, "time that the hypervisor gave to others, each trial"),
        )
        if values
    ]
    trials, marked = sum(run.facts.trials for run in newest), sum(run.facts.marked for run in newest)
    rows.append(Evidence("disturbed trials", float(marked), "", f"of {trials}, see their marks"))
    mark = next((run.facts.mark for run in newest if run.facts.mark), "")
    said = _host_words(runs[0], throttled, stolen)
    said += f"; {marked} of {trials} trials disturbed" + (f" ({mark})" if mark else "") if marked else ""
    how = f"CPUs online, affinity, quota: limited by {runs[0].cpus_limited_by}"
    figure = Evidence("effective CPUs", runs[0].facts.cpus_effective, "CPUs", how)
    return Answer(said, figure, tuple(rows), runs=tuple(run.id for run in newest), reproduce=runs[0].command)


def _host_words(run: RunSeen, throttled: list[float], stolen: list[float]) -> str:
    effective = words.number(run.facts.cpus_effective)
    parts = [f"{effective} of {run.cpus_online} CPUs may be used ({run.cpus_limited_by})"]
    for values, verb in ((throttled, "throttled"), (stolen, "stolen")):
        parts.append(
            f"{verb} {words.share(max(values))} at most" if values else f"{verb} share not told here"
        )
    return ", ".join(parts)


def _host_of_watch(watch: WatchSeen) -> Answer | None:
    cpu = watch.document["cpu"]
    if cpu["cores_effective"] is None:
        return None
    shares = [("throttled", cpu["throttled_share"]), ("stolen", cpu["steal_share"])]
    parts = [
        f"{words.some(cpus, 'CPU')} may be used ({cpu['limited_by']})" for cpus in (cpu["cores_effective"],)
    ]
    parts += [
        f"{name} {words.share(value)}" if value is not None else f"{name} share not told here"
        for name, value in shares
    ]
    how = f"CPUs online, affinity, quota: limited by {cpu['limited_by']}"
    rows = [Evidence(name, value, "share", "while it was watched") for name, value in shares]
    figure = Evidence("effective CPUs", cpu["cores_effective"], "CPUs", how)
    return Answer(", ".join(parts), figure, tuple(rows), watches=(watch.id,))


def _place(hot: HotFunction) -> str:
    line = f" line {hot.line}" if hot.line else ""
    return f"`{hot.function}`{line}, {'with' if hot.holds_gil else 'without'} the GIL"
