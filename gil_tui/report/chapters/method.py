"""How it was measured, and what that cannot show."""

from collections.abc import Iterator

from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Bullets, Heading


def method_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """What was done to get the figures that are in this report's tables."""
    say = speak.say
    yield Heading(2, say("Method"), "method")
    found = [*_audited(speak)] if report.audit else []
    found += [*_run(speak)] if report.parts else []
    found += _watched(speak)
    found += [*_looked_at(speak)] if report.watches else []
    found += [*_modelled(speak)] if report.parts else []
    found.append(say("How sure a verdict is, from 0 to 1, is a heuristic, not a probability."))
    yield Bullets(tuple(found))
    yield Heading(3, say("Limits"))
    limits = [say("The figures hold for this host, this load and this code; another machine may differ.")]
    if report.parts:
        unseen = say(
            "What one worker's run cannot show is not in the bound: locks between workers, disks and "
            "servers that serve one at a time, memory bandwidth, caches."
        )
        limits.append(unseen)
    limits.append(say("A figure that could not be measured is left out with its reason; it is never 0."))
    yield Bullets(tuple(limits))


def _run(speak: Speaker) -> Iterator[str]:
    say = speak.say
    yield say(
        "A trial is a fresh process. The size of the work is calibrated so that a task takes about "
        "20 ms; warm-up comes before the clock starts, and start-up is timed by itself."
    )
    yield say(
        "The experiments of a sweep alternate in random order, one trial of each a round, so that a "
        "change of the machine meets them all. Trials end early when the median is known to 2 %."
    )
    yield say("Every executor must return the same results as the sequential run.")
    yield say(
        "Times are medians; their 95 % interval is by order statistics. The speed-up is against the "
        "sequential run of the same rounds, its interval by bootstrap with both arms resampled."
    )
    yield say(
        "The noise floor is what equal experiments of this sweep still differ by: each run is held "
        "against itself, half against half. A difference counts only beyond it."
    )
    yield say(
        "A trial is marked when something disturbed it: other programs, time that the hypervisor "
        "took, throttling by a quota, a slower clock. Marked and far-off trials are kept; when more "
        "than 20 % are marked, no winner is named."
    )


def _watched(speak: Speaker) -> Iterator[str]:
    say = speak.say
    yield say(
        "The GIL gauge reads the interpreter's own lock from the memory of the process, from outside "
        "and without stopping it, up to 100 times a second: is it held, by whom, how many wait."
    )
    yield say(
        "Threads: time on a CPU and in the run queue is from the kernel's counters, the rest (GIL, "
        "lock, I/O, idle) from samples of what each thread waits for. Memory is PSS: pages that "
        "processes share are counted once."
    )


def _modelled(speak: Speaker) -> Iterator[str]:
    say = speak.say
    yield say(
        "Laws (constant, roofline, Amdahl, USL) are fitted to the logarithm of the speed-ups and "
        "chosen by AICc; one that misses a point by more than the noise is refused. The bound is "
        "drawn from one worker's run alone: what a task needs of GIL, CPU, lock and wall time."
    )
    yield say(
        "N* is the smallest number of workers within 5 % of the best in 95 % of bootstrap draws, "
        "capped by the CPUs and the memory that may be used."
    )


def _audited(speak: Speaker) -> Iterator[str]:
    yield speak.say(
        "An audit asks nine questions. Each is answered from the newest runs and watches of the subject that "
        "can tell; what cannot be measured on this host is said with its reason."
    )


def _looked_at(speak: Speaker) -> Iterator[str]:
    yield speak.say(
        "A watch looks at a running process and its children from outside; they are neither stopped nor "
        "changed. The verdict holds for what they did in that time."
    )
    yield speak.say(
        "Functions are named by py-spy without pausing the process: shares of the samples in which the "
        "function was the innermost one."
    )
