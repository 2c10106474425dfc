"""The verdict on a sweep: what limits the program, what to use instead, what it buys and costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gil_tui.verdict import words
from gil_tui.verdict.advice import FREE_THREADED_COST, WORTH, advice_for, by_gain
from gil_tui.verdict.confidence import confidence
from gil_tui.verdict.diagnose import evidence_for
from gil_tui.verdict.experiment import (
    NOUNS,
    SCALES,
    UNSTABLE,
    WAITING_CPU,
    diagnose_run,
    disturbed,
    does_the_work_of,
    gain_evidence,
    ideal,
    meanwhile,
    speedup_evidence,
    time_evidence,
    undecided,
    verb,
    workers_text,
)
from gil_tui.verdict.facts import PROCESS_LIKE, RunFacts
from gil_tui.verdict.group import GAINS, Best, Group
from gil_tui.verdict.limits import GIL_HELD_SOME, find_limit
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.port import told_as_ports
from gil_tui.verdict.recommend import DRAWS, SURE, Cap
from gil_tui.verdict.recommendation_words import NEAR_CAP
from gil_tui.verdict.scaling import Demand, processes_bound

PRELIMINARY = 0.75
"""Most that a verdict may claim while runs of the sweep are still to come."""
SCALING_GAIN = 1.3


def diagnose_sweep(runs: Sequence[RunFacts], draws: int = DRAWS) -> tuple[Verdict, Best | None]:
    """The verdict on all runs together, and the executor and worker count to use.

    May be asked at any time: what is not finished lowers the confidence. Runs of several workloads are
    judged one by one and told one after the other; those of several interpreters by the first one, the
    others as advice. The best one is None where nothing is the winner: see `Group.best_document`. `draws` are
    those of the bootstrap behind the worker counts.
    """
    workloads = dict.fromkeys(run.workload for run in runs)
    if len(workloads) > 1:
        parts = {
            name: diagnose_sweep([r for r in runs if r.workload == name], draws)[0] for name in workloads
        }
        parts = told_as_ports(parts, runs, draws)
        return _told_together(parts) if len(parts) > 1 else next(iter(parts.values())), None
    groups = [
        Group.of([run for run in runs if run.work == work], draws)
        for work in dict.fromkeys(r.work for r in runs)
    ]
    measured = [group for group in groups if group.usable]
    if not measured:
        return Verdict("unsure", 0.0, _nothing(runs)), None
    group = next((one for one in measured if one.gil_enabled), measured[0])
    if _unstable(group):
        return _without_winner(group), None
    others = [one for one in measured if one is not group]
    return _judge(group, others, runs), group.best_document() if group.choice else None


def bests_of(runs: Sequence[RunFacts], draws: int = DRAWS) -> tuple[Best, ...]:
    """The best of each workload that has one, each as of a sweep of that workload alone."""
    names = dict.fromkeys(run.workload for run in runs)
    found = (diagnose_sweep([run for run in runs if run.workload == name], draws)[1] for name in names)
    return tuple(best for best in found if best)


def fits_of(runs: Sequence[RunFacts]) -> tuple[dict[str, Any], ...]:
    """The entries of `Sweep.fits`: laws and bounds of every workload on every interpreter.

    Laws of unstable runs are refused: so much noise fits any of them.
    """
    documents: list[dict[str, Any]] = []
    for group in _groups(runs):
        if group.usable:
            fits, unstable = group.fits(), _unstable(group)
            documents += [
                fit | {"refused": "too many trials were disturbed"}
                if unstable and fit["model"] != "bound"
                else fit
                for fit in fits
            ]
    return tuple(documents)


def bounds_elsewhere(
    runs: Sequence[RunFacts], cpus: float, executors: Sequence[str] = ()
) -> tuple[dict[str, Any], ...]:
    """The bounds of these executors, or all, on a machine with so many CPUs, for each work that was run."""
    groups = [group for group in _groups(runs) if group.usable]
    return tuple(one for group in groups for one in group.bounds_elsewhere(cpus, executors))


def _groups(runs: Sequence[RunFacts]) -> list[Group]:
    """The runs by their work, without the bootstrap behind the worker counts."""
    works = dict.fromkeys(run.work for run in runs)
    return [Group.of([run for run in runs if run.work == work], draws=1) for work in works]


def _unstable(group: Group) -> bool:
    trials = sum(run.trials for run in group.usable)
    return trials > 0 and sum(map(disturbed, group.usable)) / trials > UNSTABLE


def _without_winner(group: Group) -> Verdict:
    trials, marked = sum(run.trials for run in group.usable), sum(map(disturbed, group.usable))
    what = next((f" ({run.mark})" for run in group.usable if run.mark), "")
    shown = _telling(group) or group.baseline or group.usable[0]
    return Verdict(
        code="unsure",
        confidence=0.0,
        sentence=(f"Unstable: {words.disturbed(marked, trials)}{what}; no winner is named{meanwhile(shown)}"),
        evidence=_evidence(group, shown),
        would_change=("a quieter machine, or more trials",),
    )


def _telling(group: Group) -> RunFacts | None:
    """The run that says most: threads differ from one worker by the GIL alone; else what was run."""
    telling = ("threads", "asyncio+threads", "asyncio", "interpreters", "processes", "loky", "dask")
    return group.most(*telling)


def _nothing(runs: Sequence[RunFacts]) -> str:
    failed = [run for run in runs if run.status in ("failed", "timeout")]
    if failed:
        return undecided(failed[0])
    return "Nothing measured yet: the first trials are under way" if runs else "Nothing was run"


def _told_together(parts: Mapping[str, Verdict]) -> Verdict:
    verdicts = list(parts.values())
    return Verdict(
        code=verdicts[0].code,
        confidence=min(verdict.confidence for verdict in verdicts),
        sentence=". ".join(f"{name}: {verdict.sentence}" for name, verdict in parts.items()),
        evidence=tuple(
            replace(row, name=f"{name}: {row.name}")
            for name, verdict in parts.items()
            for row in verdict.evidence
        ),
        advice=tuple(
            replace(one, action=f"{name}: {one.action}")
            for name, verdict in parts.items()
            for one in verdict.advice
        ),
        would_change=tuple(dict.fromkeys(one for verdict in verdicts for one in verdict.would_change)),
    )


@dataclass(frozen=True, slots=True)
class _Story:
    """What limits the work: verdict `code`, first part of the sentence, and the run that shows it best.

    `told` are the executors that the first part recommends already.
    """

    code: str
    confidence: float
    head: str
    run: RunFacts
    told: tuple[str, ...] = ()


def _judge(group: Group, others: Sequence[Group], runs: Sequence[RunFacts]) -> Verdict:
    story = _story(group)
    going_on = [run for run in runs if not run.finished]
    sure = story.confidence
    if going_on:
        sure = min(PRELIMINARY, sure * (1 - 0.5 * len(going_on) / len(runs)))
    return Verdict(
        code=story.code,
        confidence=confidence(sure) if story.code != "unsure" else 0.0,
        sentence=". ".join([story.head, *_recommended(group, story), *_open(group)]),
        evidence=_evidence(group, story.run),
        advice=_advice(group, story, others),
        would_change=_doubts(group, runs),
    )


def _story(group: Group) -> _Story:
    run = _telling(group)
    if run is None:
        alone = group.baseline or group.usable[0]
        verdict = _calm(alone)
        return _Story(verdict.code, verdict.confidence, verdict.sentence, alone)
    best = group.run(run.spread)
    assert best.speedup is not None
    if best.speedup.median >= max(SCALING_GAIN, SCALES * ideal(best, group.baseline)):
        return _scaled(group, best)
    verdict = _calm(run, group.baseline)
    head = verdict.sentence
    if verdict.code == "gil":
        head = f"{head.split(':', 1)[0]}: {does_the_work_of(run)}"
    return _Story(verdict.code, verdict.confidence, head, run)


def _calm(run: RunFacts, baseline: RunFacts | None = None) -> Verdict:
    """The verdict on a run whose few disturbed trials the sweep as a whole can bear, if less sure of it."""
    verdict = diagnose_run(replace(run, marked=0), baseline)
    quiet = 1 - disturbed(run) / run.trials if run.trials else 1.0
    return replace(verdict, confidence=confidence(verdict.confidence, quiet))


def _scaled(group: Group, run: RunFacts) -> _Story:
    """More workers do more work: because they wait, or because they need no GIL, or have one each."""
    assert run.speedup is not None
    sure = _calm(run, group.baseline).confidence
    gained = f"{workers_text(run)} {verb(run, 'gives', 'give')} {words.factor(run.speedup.median)}x"
    if group.waits:
        told = ["asyncio"] if run.spread != "asyncio" and _asyncio_gains(group) else []
        also = [f"asyncio {words.factor(group.speedup('asyncio').median)}x in one thread"] if told else []
        head = f"Waiting, not computing: {'; '.join([gained, *also])}"
        return _Story("io", sure, head, run, (run.spread, *told))
    name = NOUNS.get(run.executor, NOUNS["dask"])[1]
    head = f"{name[:1].upper()}{name[1:]} scale: {gained}{_why_threads_scale(run)}"
    return _Story("scales", sure, head, run, (run.spread,))


def _asyncio_gains(group: Group) -> bool:
    return "asyncio" in group.bests and group.speedup("asyncio").median >= SCALING_GAIN


def _why_threads_scale(run: RunFacts) -> str:
    if run.executor != "threads":
        return ""
    if run.gil_enabled is False:
        return ", there is no GIL here"
    held = run.observation.held if run.observation else None
    return ", the code releases the GIL" if held is not None and held < GIL_HELD_SOME else ""


def _recommended(group: Group, story: _Story) -> list[str]:
    """The second part of the sentence: what to use instead; empty where the first says it."""
    choice = group.choice
    if choice is not None:
        if choice.spread in story.told:
            return []
        assert choice.speedup is not None
        parts = [f"{words.factor(choice.speedup.median)}x", *_costs(group, choice)]
        return [f"Use {workers_text(choice)}: {', '.join(parts)}"]
    if story.code == "gil" and group.most(*PROCESS_LIKE) is None:
        gain = _predicted(group)
        if gain >= GAINS:
            return [f"Processes would do the work of up to {words.factor(gain)} on {words.cpus(group.cpus)}"]
    return ["Nothing tried here is faster than one worker"] if group.bests else []


def _open(group: Group) -> list[str]:
    """What may still be better than the choice, or that no more of it would fit."""
    choice = group.choice
    if choice is None:
        return []
    best = group.bests[choice.spread]
    if best.next_workers:
        return [f"Not resolved: try {words.listed([str(count) for count in best.next_workers])} next"]
    if best.capped and best.cap and best.cap.by == "memory":
        return [f"Memory allows {best.cap.workers}, no more"]
    return []


def _costs(group: Group, run: RunFacts) -> list[str]:
    """Memory beyond one worker, and start-up where it is not free."""
    extra = group.extra_bytes(run)
    costs = [f"+{words.size(extra)}"] if extra is not None and extra >= 500_000 else []
    if run.startup_s is not None and run.executor in PROCESS_LIKE:
        costs.append(f"{words.seconds(run.startup_s)} start")
    return costs


def _predicted(group: Group) -> float:
    """Speed-up of processes by the bottleneck bound, from the sequential run; 1 where it is not known."""
    alone = group.baseline
    computing = alone.computing if alone else None
    if alone is None or computing is None or computing < WAITING_CPU:
        return 1.0
    held = alone.observation.held if alone.observation else None
    need = Demand(1.0, 1.0 if held is None else held, computing)
    return processes_bound(need, max(1, round(group.cpus)), group.cpus)


def _evidence(group: Group, run: RunFacts | None) -> tuple[Evidence, ...]:
    rows: list[Evidence] = []
    if run and run.observation:
        rows += evidence_for(run.observation)[: 1 if run.gil_enabled is False else 3]
    if run and not run.is_baseline:
        rows += speedup_evidence(run)
    bests = [best for best in map(group.run, group.bests) if best is not run]
    rows += [row for best in bests for row in gain_evidence(best)]
    if group.baseline:
        rows += time_evidence(group.baseline)
    return (*rows, *(_choice_evidence(group, group.choice) if group.choice else ()))


def _choice_evidence(group: Group, choice: RunFacts) -> Iterator[Evidence]:
    """What the recommended workers cost, what one worker foretold of them, and what caps them."""
    best, extra = group.bests[choice.spread], group.extra_bytes(choice)
    if extra is not None:
        how = "PSS of the tree, beyond one worker"
        yield Evidence(f"{choice.label} extra memory", extra, "bytes", how)
    pays = group.pays_from_tasks(choice)
    if pays is not None and choice.startup_s is not None:
        how = f"start-up {words.seconds(choice.startup_s)}, with what handing over costs"
        yield Evidence(f"{choice.label} pays from", pays, "task" if pays == 1 else "tasks", how)
    foretold = group.foretold(choice)
    if foretold is not None:
        yield Evidence(f"{choice.label} foretold", foretold, "x", "from one worker's GIL, CPU and waits")
    yield from _cap_evidence(group, choice, best.cap)


def _cap_evidence(group: Group, choice: RunFacts, cap: Cap | None) -> Iterator[Evidence]:
    """What memory and CPUs allow, where that is near enough to matter."""
    if cap is None:
        return
    near = NEAR_CAP * choice.workers
    if cap.cpu_workers is not None and cap.cpu_workers <= near:
        how = f"on {words.cpus(group.cpus)}; more find none free"
        yield Evidence(f"{choice.spread} workers that fill the CPUs", cap.cpu_workers, "", how)
    if cap.memory_workers is not None and cap.worker_bytes and cap.memory_workers <= near:
        how = f"{words.size(cap.worker_bytes)} each, of {words.size(cap.available_bytes or 0)} free"
        yield Evidence(f"{choice.spread} workers that fit in memory", cap.memory_workers, "", how)


def _advice(group: Group, story: _Story, others: Sequence[Group]) -> tuple[Advice, ...]:
    measured = [_use(group, group.run(spread)) for spread in group.bests]
    measured = [one for one in measured if (one.gain or 0.0) >= GAINS]
    measured += [one for other in others if (one := _elsewhere(group, other))]
    advice = by_gain(measured)
    if story.run.observation and story.code in ("gil", "lock", "cores", "throttled"):
        found = find_limit(story.run.observation)
        advice += [one for one in advice_for(found.kind, found.seen) if not one.action.startswith("Use ")]
    if story.code == "gil" and group.most(*PROCESS_LIKE) is None and _predicted(group) >= WORTH:
        gain = round(_predicted(group), 2)
        why = f"predicted from one worker, on {words.cpus(group.cpus)}; not measured"
        advice.insert(0, Advice(f"Use {max(2, round(group.cpus))} processes", gain, "", why))
    choice = group.choice
    if choice and (best := group.bests[choice.spread]).next_workers:
        more = workers_text(replace(choice, workers=best.next_workers[0]))
        advice.append(Advice(f"Measure {more} next", None, "", _why_next(group, choice)))
    return tuple(advice)


def _why_next(group: Group, choice: RunFacts) -> str:
    wanted = group.bests[choice.spread].next_workers[0]
    if wanted < max(run.workers for run in group.usable if run.spread == choice.spread):
        return "the curve suggests more there, between the numbers tried"
    return "the best is the largest number tried"


def _use(group: Group, run: RunFacts) -> Advice:
    assert run.speedup is not None
    low, high = words.factor(run.speedup.low), words.factor(run.speedup.high)
    gain, pays = round(run.speedup.median, 2), group.pays_from_tasks(run)
    why = f"measured: {low}x to {high}x"
    if pays is not None and pays > 1:
        why += f"; pays from {pays} tasks of this size on"
    return Advice(f"Use {workers_text(run)}", gain, ", ".join(_costs(group, run)), why)


def _elsewhere(group: Group, other: Group) -> Advice | None:
    """Another interpreter's best against this one's single worker, by units of work a second."""
    alone, best = group.baseline, other.choice or other.baseline
    if alone is None or best is None or not alone.rate or not best.rate:
        return None
    gain = best.rate / alone.rate
    if gain < GAINS:
        return None
    how = f" with {workers_text(best)}" if not best.is_baseline else ""
    cost = FREE_THREADED_COST if best.free_threaded else ""
    return Advice(f"Run it on {best.python}{how}", round(gain, 2), cost, "measured here")


def _doubts(group: Group, runs: Sequence[RunFacts]) -> tuple[str, ...]:
    doubts = []
    going_on = sum(not run.finished for run in runs)
    if going_on:
        doubts.append(f"the rest of the sweep: {going_on} of {words.some(len(runs), 'run')} not finished")
    doubts += [f"{run.label}: {undecided(run)}" for run in group.runs if run.status in ("failed", "timeout")]
    if group.baseline and not group.baseline.is_baseline:
        doubts.append(f"a sequential run: speed-ups are against {group.baseline.label}")
    fewest = min(run.trials for run in group.usable)
    if fewest < 6:
        doubts.append(f"more trials: {fewest} of the run with the fewest, six give a 95 % interval")
    choice = group.choice
    if choice and (sure := group.bests[choice.spread].sure) < SURE:
        doubts.append(
            f"more trials: {workers_text(choice)} are near the best in {words.share(sure)} of the draws"
        )
    unwatched = next((run.watch_why for run in group.usable if run.observation is None and run.watch_why), "")
    if unwatched:
        doubts.append(f"the watch: {unwatched}")
    return tuple(doubts)
