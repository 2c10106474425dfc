"""The verdict on what was watched: which limit, in one sentence, with evidence, advice and doubts."""

from gil_tui.verdict import words
from gil_tui.verdict.advice import advice_for
from gil_tui.verdict.confidence import confidence, of_samples
from gil_tui.verdict.dump import WaitDump
from gil_tui.verdict.limits import Finding, find_limit
from gil_tui.verdict.model import Evidence, Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.sentences import sentence_for

OTHERS = 0.2
"""CPUs in use by other programs from which they are named."""
MANY_SAMPLES = 200


def diagnose_observation(observation: Observation, dump: WaitDump | None = None) -> Verdict:
    """Judge an observation; `dump` is the answer to an earlier verdict's `needs_dump`.

    The confidence is the heuristic of `verdict.confidence`: distance to the thresholds times a factor
    for the number of samples.
    """
    finding = find_limit(observation, dump)
    samples = of_samples(observation.samples)
    return Verdict(
        code=finding.code,
        confidence=confidence(finding.certainty, samples) if finding.code != "unsure" else 0.0,
        sentence=sentence_for(finding, dump),
        evidence=evidence_for(finding.seen),
        advice=advice_for(finding.kind, finding.seen),
        would_change=_doubts(finding),
        needs_dump=finding.needs_dump,
    )


def evidence_for(seen: Observation) -> tuple[Evidence, ...]:
    """The numbers behind a verdict, each with its unit and how it was got."""
    gauge = f"GIL gauge, {words.some(seen.samples, 'sample')}" if seen.held is not None else seen.held_why
    lanes = f"thread states over {words.seconds(seen.seconds)}"
    rows = []
    if seen.gil_enabled is False:
        rows.append(Evidence("GIL", None, "", "free-threaded interpreter, running without it"))
    else:
        rows.append(Evidence("GIL held", seen.held, "share", gauge))
        rows.append(Evidence("waiting for the GIL", seen.waiting, "threads", gauge))
        rows.append(Evidence("thread time lost to the GIL", seen.gil_tax, "share", lanes))
    if (seen.held_off_cpu or 0.0) >= 0.05:
        how = "held by a thread on no CPU, at least"
        rows.append(Evidence("GIL held off the CPU", seen.held_off_cpu, "share", how))
    limit = f"; {seen.cpus_limited_by}" if seen.cpus_limited_by else ""
    rows.append(
        Evidence(
            "computing", seen.cpu, "CPUs", f"kernel counters, of {words.number(seen.cpus_effective)}{limit}"
        )
    )
    rows.append(Evidence("waiting for a CPU", seen.run_queue, "threads", "kernel counters"))
    rows.append(Evidence("waiting for a lock", seen.lock, "threads", lanes))
    rows.append(Evidence("waiting for network, disk, sleep", seen.io, "threads", lanes))
    rows += _measured("stopped by the CPU quota", seen.throttled_share, "cgroup counters")
    rows += _measured("taken by other virtual machines", seen.steal_share, "steal time of the host")
    return tuple(rows)


def _measured(name: str, value: float | None, how: str) -> list[Evidence]:
    return [Evidence(name, value, "share", how)] if value is not None and value >= 0.005 else []


def _doubts(finding: Finding) -> tuple[str, ...]:
    """What would change the verdict's mind."""
    seen, doubts = finding.seen, []
    if finding.needs_dump:
        doubts.append(
            "one look at the stacks of the waiting threads: a contended lock and a pool without work look "
            "alike from outside"
        )
    if finding.code == "io" and seen.network > seen.disk + seen.sleep:
        doubts.append("a server that waits for requests looks like one that waits for answers")
    if finding.code in ("gil", "serial") and (seen.others_used or 0.0) >= OTHERS:
        doubts.append(
            f"other programs use {words.mean(seen.others_used or 0.0)} CPUs, and leave less to gain"
        )
    if finding.kind == "gil" and seen.held is not None and seen.held < 0.9:
        doubts.append(
            f"the GIL is held {words.share(seen.held)} of the time: with less load the waits shrink"
        )
    if seen.held is None and seen.held_why and seen.gil_enabled is not False:
        doubts.append(f"the GIL gauge: {seen.held_why}")
    if seen.samples < MANY_SAMPLES and finding.code != "unsure":
        doubts.append(f"a longer look: these are {words.some(seen.samples, 'sample')}")
    return tuple(doubts)
