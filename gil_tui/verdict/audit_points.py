"""The answers to the first eight questions of an audit about a function that can be run again and again."""

from collections.abc import Callable, Iterable, Sequence

from gil_tui.verdict import words
from gil_tui.verdict.audit_fill import SPREADS, run_command
from gil_tui.verdict.audit_model import Audit, Material, RunSeen
from gil_tui.verdict.audit_words import Answer, brief, hot_watch, interval_evidence, share_of, telling_threads
from gil_tui.verdict.experiment import UNSTABLE, disturbed
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.model import Evidence
from gil_tui.verdict.observation import HotFunction, Observation, hottest
from gil_tui.verdict.port import FAMILY, Way, ways_of
from gil_tui.verdict.recommend import WITHIN_BEST, pays_from_tasks, worker_bytes
from gil_tui.verdict.statistics import Interval, median_interval, ratio_interval

COMPUTES, WAITS = 0.9, 0.5
"""Share of its time on a CPU from which one worker computes, and below which it waits."""
TOLD = 0.05
"""Shares below this are nothing to speak of."""
DRAWS = 200
"""Of the bootstraps: the audit is drawn anew after each step."""


def cpu_or_io(audit: Audit, material: Material) -> Answer | None:
    """Point 1, from one worker's run: the share of its time in which it computes or would."""
    run = _alone(own_runs(audit, material))
    if run is None or not run.cpu_shares:
        return None
    found = _computing(run)
    share, rest = share_of(found), words.share(max(0.0, 1 - found.median))
    if found.median >= COMPUTES:
        said = f"CPU: one worker computes {share} of its time"
    elif found.median <= WAITS:
        said = f"I/O: one worker waits {rest} of its time and computes {words.share(found.median)}"
    else:
        said = f"Both: one worker computes {share} of its time and waits {rest}"
    how = "CPU time and time in the run queue of one worker over its wall time, each trial"
    figure = interval_evidence("computes", found, "share", how)
    return Answer(said, figure, runs=(run.id,), reproduce=run.command)


def _computing(run: RunSeen) -> Interval:
    """The share of its time in which one worker computes, or would if no other program did."""
    queued = [one.run_queue for one in run.observations]
    queue = queued if len(queued) == len(run.cpu_shares) else [0.0] * len(run.cpu_shares)
    return median_interval([min(1.0, cpu + waits) for cpu, waits in zip(run.cpu_shares, queue, strict=True)])


def gil_waits(audit: Audit, material: Material) -> Answer | None:
    """Point 3, from threads side by side: the share of their time that the GIL takes, and who has it."""
    run = _side_by_side(own_runs(audit, material))
    if run is None:
        return None
    if run.facts.gil_enabled is False:
        said = f"No: {run.facts.python} runs without a GIL"
        return Answer(said, runs=(run.id,), reproduce=run.command)
    held = [one.held for one in run.observations if one.held is not None]
    if not held:
        return None
    tax = median_interval([one.gil_tax for one in run.observations])
    waiting = [one.waiting for one in run.observations if one.waiting is not None]
    who = telling_threads(material.watches)
    name = f"{run.facts.workers} threads"
    waited = f"{name} wait for the GIL {share_of(tax)} of the time they want to compute"
    said = f"No: {waited}" if tax.median < TOLD else f"Yes: {waited}{who.held_by}"
    evidence = [interval_evidence("GIL held", median_interval(held), "share", "gauge of the GIL, each trial")]
    if waiting:
        how = "condition variable of the GIL, each trial"
        evidence.append(interval_evidence("threads that wait", median_interval(waiting), "threads", how))
    figure = interval_evidence("time lost to the GIL", tax, "share", "thread lanes, each trial")
    return Answer(
        said, figure, (*evidence, *who.evidence), runs=(run.id,), watches=who.watches, reproduce=run.command
    )


def spreads(audit: Audit, material: Material) -> Answer | None:
    """Point 4: the best speed-up of each executor, and the one to take."""
    best = _best_by_spread(own_runs(audit, material))
    if not set(SPREADS) <= {spread.partition(":")[0] for spread in best}:
        return None
    ranked = sorted(best.values(), key=lambda run: -_speedup(run).median)
    first = ranked[0]
    alike = [run for run in ranked if _speedup(run).high >= _speedup(first).low]
    told = ", ".join(f"{run.facts.label} {_factor(_speedup(run))}" for run in ranked)
    trials = sum(run.facts.trials for run in ranked)
    marked = sum(disturbed(run.facts) for run in ranked)
    if marked > UNSTABLE * trials:
        said = f"Undecided: {marked} of {trials} trials were disturbed; {told}"
    elif _speedup(first).low <= 1:
        said = f"Neither is known to gain: {told}"
    elif len(alike) > 1:
        simplest = min(alike, key=lambda run: (not run.facts.label.startswith("threads"), run.facts.workers))
        said = f"No difference that counts, so {simplest.facts.label}: {told}"
    else:
        said = f"{first.facts.label.partition(' ')[0].capitalize()}: {told}"
    rows = [_speedup_evidence(run) for run in ranked]
    ids = tuple(run.id for run in ranked)
    return Answer(said, rows[0], tuple(rows), runs=ids, reproduce=_together(audit, ranked))


def native(audit: Audit, material: Material) -> Answer | None:
    """Point 5: how much of the computing goes on without the GIL already, and what a port can gain.

    Where most holds the GIL that takes the costliest function or a port that was measured on this host.
    """
    run, ports, hot = _alone(own_runs(audit, material)), _ports(material), _hottest(material)
    if run is None:
        return None
    if run.cpu_shares and _computing(run).median < WAITS:
        return _little_to_port(run)
    if run.facts.gil_enabled is False:
        said = f"{run.facts.python} has no GIL to release: native code helps by its speed alone"
        return Answer(said, runs=(run.id,), reproduce=run.command)
    shares = native_shares(run.observations)
    if not shares:
        return None
    found = median_interval([1 - share for share in shares])
    if found.median > WAITS and not ports and hot is None:
        return None
    how = "computing of one worker while it holds the GIL, each trial"
    figure = interval_evidence("computes with the GIL held", found, "share", how)
    parts, evidence = [_native_words(found)], []
    if hot and hot.share < 1:
        most = 1 / (1 - hot.share)
        how = "Amdahl: its share of the samples with the GIL held, on one core, were it to cost nothing"
        evidence.append(Evidence(f"`{hot.function}` ported, at most", most, "x", how))
        parts.append(f"porting {hot.place.short} gains {words.factor(most)}x at most")
    elif hot:
        parts.append(f"all of it is {hot.place.short}")
    if ports:
        best = max(ports, key=lambda way: way.total)
        parts.append(f"a plain loop here: {best.sentence}")
        how = "the same loop in Python, both varied"
        evidence += [interval_evidence(f"{way.name}, one core", way.gain, "x", how) for way in ports[1:]]
    used = [run.id, *(one.id for one in material.runs if one.facts.family == FAMILY and one.measured)]
    watches = (named[0].id,) if hot and (named := hot_watch(material.watches)) else ()
    ids = tuple(dict.fromkeys(used))
    return Answer("; ".join(parts), figure, tuple(evidence), ids, watches, reproduce=run.command)


def native_shares(observations: Iterable[Observation]) -> list[float]:
    """Of each trial with one worker: the part of its computing that went on while nobody held the GIL."""
    shares = []
    for one in observations:
        runnable = one.cpu + one.run_queue
        if one.held is not None and runnable > TOLD:
            shares.append(max(0.0, 1 - one.held / runnable))
    return shares


def cost_of_workers(audit: Audit, material: Material) -> Answer | None:
    """Point 6: memory of one more process, the start of a pool, the hand-over, and from when on it pays."""
    runs = own_runs(audit, material)
    pools = [run for run in _newest_by_label(runs) if run.facts.executor == "processes" and run.startups_s]
    pools = [run for run in pools if run.facts.spread == pools[0].facts.spread]
    if len({run.facts.workers for run in pools}) < 2:
        return None
    each = worker_bytes({run.facts.workers: run.facts.peaks_bytes for run in pools})
    pool = max(pools, key=lambda run: run.facts.workers)
    start = median_interval(pool.startups_s)
    name = f"{pool.facts.workers} processes"
    parts = [f"+{words.size(each)} for each process"] if each else ["memory of one more is lost in the noise"]
    parts.append(f"{words.seconds(start.median)} to start {name}")
    evidence = [
        interval_evidence(f"start of {name}", start, "s", "until the pool is up and warm, each trial")
    ]
    if each:
        evidence.append(
            Evidence("one more process", each, "bytes", "slope of peak PSS over the worker counts")
        )
    if pool.handover_s:
        cost = min(pool.handover_s.values())
        parts.append(f"{words.amount(*brief(cost))} to hand a task over")
        how = "submit to result of tasks that do nothing"
        evidence += [
            Evidence(f"hand-over of a task of {int(size):,} bytes", *brief(took), how)
            for size, took in pool.handover_s.items()
        ]
    pays = _pays(_alone(runs), pool)
    parts += [pays] if pays else []
    ids = tuple(run.id for run in pools)
    return Answer(", ".join(parts), evidence[0], tuple(evidence), runs=ids, reproduce=_together(audit, pools))


def locks(audit: Audit, material: Material) -> Answer | None:
    """Point 7, from threads side by side: the share of their time in lock waits."""
    run = _side_by_side(own_runs(audit, material))
    if run is None or not run.observations or all(one.unknown > TOLD for one in run.observations):
        return None
    lost = median_interval([one.lock / max(one.active, TOLD) for one in run.observations])
    waited = f"{run.facts.workers} threads wait for locks {share_of(lost)} of the time they are not idle"
    said = f"{'No' if lost.median < TOLD else 'Yes'}: {waited}"
    how = "threads in lock waits over all that are not idle, each trial"
    figure = interval_evidence("time lost to locks", lost, "share", how)
    return Answer(said, figure, runs=(run.id,), reproduce=run.command)


def other_pythons(audit: Audit, material: Material) -> Answer | None:
    """Point 8: whether it runs on each other interpreter, and what it gains there."""
    own = [run for run in own_runs(audit, material) if run.facts.rate]
    if not own:
        return None
    theirs = [
        run
        for run in material.runs
        if run.facts.workload == audit.subject and run.interpreter != audit.interpreter
    ]
    told, rows, ids = [], [], []
    for python in dict.fromkeys(run.facts.python for run in theirs if is_other(run.facts)):
        mine = [run for run in theirs if run.facts.python == python]
        said, row = _on_other(python, mine, own)
        told.append(said)
        rows += [row] if row else []
        ids += [run.id for run in mine]
    if not told:
        return None
    measured = [run for run in theirs if run.id in ids]
    return Answer(
        "; ".join(told),
        max(rows, key=lambda row: row.value or 0.0) if rows else None,
        tuple(rows),
        runs=tuple(ids),
        reproduce=measured[0].command,
    )


def is_other(facts: RunFacts) -> bool:
    """Whether a run was made on a free-threaded interpreter, or on PyPy."""
    return facts.free_threaded or facts.python.startswith("PyPy")


def own_runs(audit: Audit, material: Material) -> list[RunSeen]:
    """The runs of the subject on its own interpreter, the newest first."""
    return [run for run in material.of(audit.subject) if run.interpreter == audit.interpreter]


def _on_other(python: str, theirs: Sequence[RunSeen], own: Sequence[RunSeen]) -> tuple[str, Evidence | None]:
    ran = [run for run in theirs if run.measured and run.facts.rate]
    beside = {run.sweep_id for run in ran}
    own = [run for run in own if run.sweep_id in beside] or own  # side by side, the host was the same
    if not ran:
        why = next((run.facts.failure for run in theirs if run.facts.failure), "no result")
        return f"does not run on {python}: {why}", None
    back_on = next((run.gil_enabled_by for run in ran if run.gil_enabled_by), "")
    gained = [(run, gain) for run in ran if (gain := _gain(run, own))]
    suffix = f", importing {back_on} switches its GIL back on" if back_on else ""
    if not gained:
        return f"runs on {python}{suffix}", None
    run, gain = max(gained, key=lambda pair: pair[1].median)
    how = "units of work a second against the best run on its own interpreter, both varied"
    row = interval_evidence(f"{python}, {run.facts.label}", gain, "x", how)
    what = f"{python}, {run.facts.label}: {_factor(gain)}"
    known = "" if gain.low > 1 else ", slower" if gain.high < 1 else ", no difference known"
    return f"{what}{known}{suffix}", row


def _gain(run: RunSeen, own: Sequence[RunSeen]) -> Interval | None:
    best = max(own, key=lambda one: one.facts.rate or 0.0, default=None)
    if best is None or not best.facts.walls_s or not run.facts.walls_s:
        return None
    assert best.facts.units and run.facts.units
    more = run.facts.units / best.facts.units
    found = ratio_interval(best.facts.walls_s, run.facts.walls_s, draws=DRAWS)
    return Interval(found.median * more, found.low * more, found.high * more, found.level)


def _little_to_port(run: RunSeen) -> Answer:
    """Work that waits: all that native code could save is the time in which it computes."""
    computes = _computing(run)
    most = 1 / (1 - computes.median)
    said = f"No: it computes {share_of(computes)} of its time, without that {words.factor(most)}x at most"
    figure = interval_evidence("computes", computes, "share", "CPU time of one worker over its wall time")
    return Answer(said, figure, runs=(run.id,), reproduce=run.command)


def _native_words(found: Interval) -> str:
    if found.median <= WAITS:
        return f"Native already: only {share_of(found)} of its computing holds the GIL, threads can carry it"
    first = "Yes" if found.median > 1 - TOLD else "In part"
    return f"{first}: {share_of(found)} of its computing holds the GIL"


def _hottest(material: Material) -> HotFunction | None:
    named = hot_watch(material.watches)
    return hottest(named[1]) if named else None


def _ports(material: Material) -> list[Way]:
    return ways_of([run.facts for run in material.runs if run.facts.family == FAMILY], DRAWS)


def _pays(alone: RunSeen | None, pool: RunSeen) -> str:
    if alone is None or not alone.facts.wall_s or not pool.facts.wall_s:
        return ""
    if not alone.facts.tasks or not pool.facts.tasks or pool.facts.startup_s is None:
        return ""
    task_s = alone.facts.wall_s.median / alone.facts.tasks
    pooled_s = pool.facts.wall_s.median / pool.facts.tasks
    tasks = pays_from_tasks(pool.facts.startup_s, task_s, pooled_s, pool.facts.workers)
    each = words.seconds(task_s)
    return f"never pays for tasks of {each}" if tasks is None else f"pays from {tasks} tasks of {each} on"


def _alone(runs: Sequence[RunSeen]) -> RunSeen | None:
    """The newest run with one worker, the sequential one first."""
    return _first(runs, lambda run: run.facts.is_baseline) or _first(
        runs, lambda run: run.facts.executor == "threads" and run.facts.workers == 1
    )


def _side_by_side(runs: Sequence[RunSeen]) -> RunSeen | None:
    """The newest run of several threads that was watched; of its sweep that with the most threads."""
    watched = [
        run for run in runs if run.facts.executor == "threads" and run.facts.workers > 1 and run.observations
    ]
    same = [run for run in watched if run.sweep_id == watched[0].sweep_id]
    return max(same, key=lambda run: run.facts.workers, default=None)


def _first(runs: Iterable[RunSeen], wanted: Callable[[RunSeen], bool]) -> RunSeen | None:
    return next((run for run in runs if wanted(run)), None)


def _newest_by_label(runs: Iterable[RunSeen]) -> list[RunSeen]:
    found: dict[str, RunSeen] = {}
    for run in runs:
        found.setdefault(run.facts.label, run)
    return list(found.values())


def _best_by_spread(runs: Iterable[RunSeen]) -> dict[str, RunSeen]:
    """Of each executor the run with the fewest workers, several, that comes near to its best speed-up."""
    found: dict[str, list[RunSeen]] = {}
    for run in _newest_by_label(runs):
        if run.facts.workers > 1 and run.facts.speedup:
            found.setdefault(run.facts.spread, []).append(run)
    best = {spread: max(_speedup(run).median for run in alike) for spread, alike in found.items()}
    near = {
        spread: [run for run in alike if _speedup(run).median >= WITHIN_BEST * best[spread]]
        for spread, alike in found.items()
    }
    return {spread: min(alike, key=lambda run: run.facts.workers) for spread, alike in near.items()}


def _speedup(run: RunSeen) -> Interval:
    assert run.facts.speedup is not None
    return run.facts.speedup


def _speedup_evidence(run: RunSeen) -> Evidence:
    how = f"against {run.facts.against}, {words.some(run.facts.trials, 'trial')}, both varied"
    return interval_evidence(f"{run.facts.label} speed-up", _speedup(run), "x", how)


def _factor(found: Interval) -> str:
    if found.level <= 0:
        return f"{words.factor(found.median)}x"
    return f"{words.factor(found.median)}x ({words.factor(found.low)} to {words.factor(found.high)})"


def _together(audit: Audit, runs: Sequence[RunSeen]) -> str:
    """One command for several runs of the subject."""
    executors = tuple(dict.fromkeys(run.facts.spread.partition("@")[0] for run in runs))
    workers = tuple(sorted({run.facts.workers for run in runs}))
    interpreters = (audit.interpreter,) if audit.interpreter else ()
    return run_command((audit.subject,), executors, workers, interpreters)
