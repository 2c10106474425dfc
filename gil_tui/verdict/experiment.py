"""The verdict on one experiment of the Lab: what its workers gained, and what held them back."""

from dataclasses import dataclass, replace

from gil_tui.verdict import words
from gil_tui.verdict.advice import advice_for
from gil_tui.verdict.confidence import certainty, confidence, of_trials
from gil_tui.verdict.diagnose import diagnose_observation, evidence_for
from gil_tui.verdict.facts import PROCESS_LIKE, RunFacts
from gil_tui.verdict.limits import CPUS_FULL, THROTTLED, find_limit
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.scaling import amdahl_ceiling, efficiency, serial_fraction

SCALES = 0.8
"""Share of the ideal speed-up from which it follows the workers."""
SLOWER = 0.95
"""A speed-up whose interval ends below this is a loss."""
UNSTABLE = 0.2
"""Share of disturbed trials above which no winner is named."""
STEADY = 0.05
"""Half width of the wall time's interval, as a share of it, up to which trials agree."""
WAITING_CPU = 0.5
"""CPUs in use below which work in one worker waits more than it computes."""
BUSY_CPU = 0.8
NOUNS = {
    "threads": ("thread", "threads"),
    "processes": ("process", "processes"),
    "interpreters": ("interpreter", "interpreters"),
    "asyncio": ("task at once", "tasks at once"),
    "asyncio+threads": ("thread under asyncio", "threads under asyncio"),
    "loky": ("loky process", "loky processes"),
    "dask": ("worker", "workers"),
    "sequential": ("worker", "workers"),
}


def diagnose_run(run: RunFacts, baseline: RunFacts | None = None) -> Verdict:
    """Judge one run; `baseline` is the sequential run of the same work, where there is one.

    The confidence is the heuristic of `verdict.confidence`, on the number of trials.
    """
    reason = undecided(run)
    if reason:
        evidence = evidence_for(run.observation) if run.observation and not run.failed else ()
        return Verdict("unsure", 0.0, reason, speedup_evidence(run) + evidence)
    if run.speedup is None or run.is_baseline or (run.workers == 1 and not _loses(run)):
        return _alone(run)
    finding = _judged(run, baseline)
    trials = min(run.trials, baseline.trials) if baseline else run.trials
    return Verdict(
        code=finding.code,
        confidence=confidence(finding.certainty, of_trials(trials)) if finding.code != "unsure" else 0.0,
        sentence=finding.sentence,
        evidence=speedup_evidence(run) + (evidence_for(run.observation) if run.observation else ()),
        advice=finding.advice,
        would_change=_doubts(run, trials),
    )


def undecided(run: RunFacts) -> str:
    """Why this run says nothing, as a sentence; empty when it says something."""
    if run.status == "timeout":
        return f"Stopped: {run.label} took longer than its time limit"
    if run.status == "failed":
        return f"Failed: {run.failure or run.label + ' gave no result'}"
    if run.wall_s is None:
        return f"Not measured: {run.label} has no finished trial"
    if run.trials and disturbed(run) / run.trials > UNSTABLE:
        what = f" ({run.mark})" if run.mark else ""
        return f"Unstable: {words.disturbed(run.marked, run.trials)}{what}{meanwhile(run)}"
    return ""


def meanwhile(run: RunFacts) -> str:
    """What the watch saw of a run whose times are worth nothing: other programs' load does not hide it."""
    if run.observation is None:
        return ""
    verdict = diagnose_observation(run.observation)
    if verdict.code in ("unsure", "idle"):
        return ""
    return f". Watched meanwhile: {verdict.sentence.split(';')[0].replace(': ', ', ', 1)}"


def disturbed(run: RunFacts) -> int:
    """Trials whose marks count: what others do with the CPUs is no harm where it shows in no time.

    A quota that stops the program again and again is its limit, and work that waits and takes the same
    time in each trial did not need the CPUs that others used.
    """
    throttled = run.observation is not None and (run.observation.throttled_share or 0.0) >= THROTTLED
    steady = run.wall_s is not None and run.wall_s.half_width_share <= STEADY
    return 0 if throttled or (waits_mostly(run) and steady) else run.marked


def workers_text(run: RunFacts) -> str:
    """The workers as a person says it, such as `4 threads`."""
    return workers_of(run.executor, run.workers)


def workers_of(executor: str, workers: int) -> str:
    """So many workers of an executor as a person says it, such as `4 threads`."""
    count = words.some(workers, *NOUNS.get(executor, NOUNS["dask"]))
    return f"asyncio with {count}" if executor == "asyncio" else count


def verb(run: RunFacts, one: str, many: str) -> str:
    """The verb that goes with `workers_text`."""
    return one if run.workers == 1 or run.executor == "asyncio" else many


def does_the_work_of(run: RunFacts) -> str:
    """Such as `4 threads do the work of 1.02`."""
    gained = words.factor(run.speedup.median) if run.speedup else "an unknown number"
    return f"{workers_text(run)} {verb(run, 'does', 'do')} the work of {gained}"


def waits_mostly(run: RunFacts | None) -> bool:
    """True when this run, the baseline say, is known to have used less than half a CPU."""
    computing = run.computing if run else None
    return computing is not None and computing < WAITING_CPU


def ideal(run: RunFacts, baseline: RunFacts | None) -> float:
    """The speed-up that these workers could reach at best: waits overlap, computing needs CPUs."""
    if waits_mostly(baseline):
        return float(run.workers)
    return max(1.0, min(float(run.workers), run.cpus_effective))


def speedup_evidence(run: RunFacts) -> tuple[Evidence, ...]:
    """Time, speed-up, efficiency, serial fraction and start-up of one run."""
    return (*time_evidence(run), *gain_evidence(run), *_law_evidence(run), *_start_evidence(run))


def time_evidence(run: RunFacts) -> tuple[Evidence, ...]:
    """The wall time of the work."""
    if run.wall_s is None:
        return ()
    how = f"median of {words.some(run.trials, 'trial')}"
    return (Evidence(f"{run.label} time", run.wall_s.median, "s", how, run.wall_s.low, run.wall_s.high),)


def gain_evidence(run: RunFacts) -> tuple[Evidence, ...]:
    """The speed-up; none for what all others are held against."""
    if run.speedup is None or run.is_baseline:
        return ()
    gained, how = run.speedup, f"against {run.against}, both arms varied"
    return (Evidence(f"{run.label} speed-up", gained.median, "x", how, gained.low, gained.high),)


def _law_evidence(run: RunFacts) -> tuple[Evidence, ...]:
    if run.speedup is None or run.is_baseline:
        return ()
    gained = run.speedup.median
    rows = [
        Evidence(f"{run.label} efficiency", efficiency(gained, run.workers), "share", "speed-up a worker")
    ]
    serial = serial_fraction(gained, run.workers)
    if serial is not None and serial > 0:
        ceiling = f"at most {words.factor(amdahl_ceiling(serial))}x with any number of workers"
        if serial >= 1:
            ceiling = "more workers made it slower"
        rows.append(Evidence(f"{run.label} serial fraction", serial, "share", f"Karp-Flatt; {ceiling}"))
    return tuple(rows)


def _start_evidence(run: RunFacts) -> tuple[Evidence, ...]:
    if run.startup_s is None or run.executor not in PROCESS_LIKE:
        return ()
    return (Evidence(f"{run.label} start-up", run.startup_s, "s", "until all workers stand ready"),)


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    certainty: float
    sentence: str
    advice: tuple[Advice, ...] = ()


def _judged(run: RunFacts, baseline: RunFacts | None) -> _Finding:
    assert run.speedup is not None
    gained = run.speedup.median
    finding = _start_up(run, baseline) or _hand_over(run) or _follows(run, baseline)
    if finding:
        return finding
    watched = _watched(run)
    if watched:
        return watched
    return (
        _full(run, baseline)
        or _inferred(run, baseline)
        or _Finding(
            "unsure",
            0.0,
            f"Not decided: {does_the_work_of(run)}, and nothing watched says why: {_why(run, gained)}",
        )
    )


def _start_up(run: RunFacts, baseline: RunFacts | None) -> _Finding | None:
    """Start-up takes longer than the whole work does in one worker."""
    alone = baseline.wall_s if baseline else None
    if alone is None or run.startup_s is None or run.startup_s <= alone.median:
        return None
    start = f"{workers_text(run)} {verb(run, 'takes', 'take')} {words.seconds(run.startup_s)} to start"
    sentence = (
        f"Starting costs more than the work: {start}, one worker does all of it in "
        f"{words.seconds(alone.median)}"
    )
    return _Finding("overhead", certainty(run.startup_s / alone.median, 1.0, 1.0), sentence, _pays_from(run))


def _hand_over(run: RunFacts) -> _Finding | None:
    if run.executor not in PROCESS_LIKE or not _loses(run):
        return None
    assert run.speedup is not None
    each = f"; one task takes {words.seconds(run.task_s)}" if run.task_s is not None else ""
    sentence = f"Handing the work over costs more than it gains: {does_the_work_of(run)}{each}"
    larger = Advice(
        "Give each worker larger pieces of work", None, "", "fewer, larger tasks cost less to hand over"
    )
    return _Finding("overhead", certainty(run.speedup.median, 1.0, 0.3), sentence, (larger,))


def _loses(run: RunFacts) -> bool:
    return run.executor in PROCESS_LIKE and run.speedup is not None and run.speedup.high < SLOWER


def _pays_from(run: RunFacts) -> tuple[Advice, ...]:
    keep = Advice("Keep the workers and use them again", None, "", "they then start once")
    if run.speedup is None or run.speedup.low <= 1.05 or run.startup_s is None:
        return (keep,)
    pays_s = run.startup_s / (1 - 1 / run.speedup.median)
    why = f"the start-up pays from {words.seconds(pays_s)} of work on"
    return (replace(keep, gain=round(run.speedup.median, 2), why=why),)


def _follows(run: RunFacts, baseline: RunFacts | None) -> _Finding | None:
    """Speed-up follows the workers."""
    assert run.speedup is not None
    most = (
        float(run.workers) if waits_mostly(baseline) else min(float(run.workers), run.cpus_effective + 0.25)
    )
    reached = run.speedup.median / run.workers
    if run.workers < 2 or most < run.workers or reached < SCALES:
        return None
    sure = min(certainty(reached, SCALES, 0.15), certainty(run.speedup.low / run.workers, SCALES, 0.3))
    how = "the waits overlap" if waits_mostly(baseline) else "speed-up follows the workers"
    return _Finding("scales", sure, f"{_capital(does_the_work_of(run))}: {how}")


def _watched(run: RunFacts) -> _Finding | None:
    """What was watched during the trials says what held the workers back."""
    if run.observation is None:
        return None
    found = find_limit(run.observation)
    if found.code in ("unsure", "idle") or (found.code == "serial" and run.executor != "asyncio"):
        return None
    advice = advice_for(found.kind, found.seen)
    return _Finding(found.code, found.certainty, _watched_sentence(found.code, run, found.seen.lock), advice)


def _watched_sentence(code: str, run: RunFacts, lock: float) -> str:
    seen, work = run.observation, does_the_work_of(run)
    assert seen is not None
    if code == "gil":
        held = f"the GIL is held {words.share(seen.held)} of the time and " if seen.held is not None else ""
        waiting = seen.waiting if seen.waiting is not None else seen.gil_waiting
        return f"GIL-bound: {work}; {held}{words.mean(waiting)} {words.verb(waiting, 'waits', 'wait')} for it"
    if code == "cores":
        return f"CPUs full: {work}; {words.cpus_busy(seen.cpu, seen.cpus_effective)}"
    if code == "throttled":
        stopped = f"in {words.share(seen.throttled_share or 0.0)} of the quota's periods"
        return f"Stopped by the CPU quota {stopped}: {work}"
    if code == "lock":
        return f"Waiting for a lock: {work}; {words.mean(lock)} {words.verb(lock, 'waits', 'wait')} for one"
    if code == "serial":
        return f"One thread does it all: {work}; in one thread only waits overlap"
    return f"Waiting, not computing: {work}; {words.mean(seen.io)} wait for network, disk or sleep"


def _full(run: RunFacts, baseline: RunFacts | None) -> _Finding | None:
    """Nothing was watched, but the workers' CPU time or the speed-up itself says that the CPUs are full."""
    assert run.speedup is not None
    if waits_mostly(baseline):
        return None
    used = (run.cores_used or 0.0) / run.cpus_effective
    gained = run.speedup.median / run.cpus_effective
    more_workers = run.workers > run.cpus_effective + 0.25
    if not (used >= CPUS_FULL or (more_workers and gained >= SCALES and run.cpus_effective >= 1.5)):
        return None
    sure = 0.9 * certainty(max(used, gained), SCALES, 0.15)
    sentence = f"CPUs full: {does_the_work_of(run)} on {words.cpus(run.cpus_effective)}"
    return _Finding("cores", sure, sentence)


def _inferred(run: RunFacts, baseline: RunFacts | None) -> _Finding | None:
    """Nothing was watched: threads that compute and gain nothing wait for the GIL, or for another lock."""
    assert run.speedup is not None
    busy = baseline is not None and (baseline.cores_used or 0.0) >= BUSY_CPU
    if not busy or run.cpus_effective < 1.5:
        return None
    if run.executor == "asyncio":
        sentence = f"One thread does it all: {does_the_work_of(run)}; in one thread only waits overlap"
        return _Finding("serial", 0.9, sentence)
    flat = run.speedup.median < 1.3 and (run.cores_used or 2.0) < 1.3
    if run.executor not in ("threads", "asyncio+threads") or run.gil_enabled is False or not flat:
        return None
    sentence = (
        f"GIL-bound, it seems: {does_the_work_of(run)} and use {words.some(run.cores_used or 1.0, 'CPU')}"
    )
    return _Finding("gil", 0.7, sentence)


def _why(run: RunFacts, gained: float) -> str:
    if run.observation is None:
        return run.watch_why or "it was not watched"
    return "no limit was full" if gained > 1.2 else "no limit was seen"


def _alone(run: RunFacts) -> Verdict:
    """A run without others to compare with: what was watched, else the CPU time of its worker."""
    if run.observation:
        verdict = diagnose_observation(run.observation)
        if verdict.code not in ("unsure", "idle"):
            sure = confidence(verdict.confidence, of_trials(run.trials))
            return replace(verdict, confidence=sure, evidence=(*speedup_evidence(run), *verdict.evidence))
    used, sure = run.computing, 0.6 * of_trials(run.trials)
    evidence = speedup_evidence(run)
    if used is None:
        return Verdict("unsure", 0.0, f"Not decided: {run.label} was not watched", evidence)
    if used >= BUSY_CPU and run.workers == 1:
        sentence = f"One busy thread: it computes {words.share(min(1.0, used))} of the time"
        return Verdict(
            "serial", confidence(sure), sentence, evidence, would_change=("other executors beside it",)
        )
    if used < WAITING_CPU * run.workers:
        sentence = (
            f"Waiting, not computing: {words.share(used / run.workers)} of a worker's time is computing"
        )
        return Verdict(
            "io", confidence(sure), sentence, evidence, would_change=("other executors beside it",)
        )
    return Verdict("unsure", 0.0, f"Not decided: {run.label} has nothing to be compared with", evidence)


def _doubts(run: RunFacts, trials: int) -> tuple[str, ...]:
    doubts = []
    if trials < 6:
        doubts.append(f"more trials: {words.some(trials, 'trial')} so far, six give a 95 % interval")
    if run.observation is None:
        doubts.append(f"the watch: {run.watch_why or 'this run was not watched'}")
    return tuple(doubts)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
