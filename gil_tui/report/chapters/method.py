"""How it was measured, and what that cannot show."""

from collections.abc import Iterator

from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Bullets, Heading


def method_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """The same for every report: what was done with this one's figures stands in its tables."""
    say = speak.say
    yield Heading(2, say("Method"), "method")
    yield Bullets(
        (
            say(
                "A trial is a fresh process. The size of the work is calibrated so that a task takes about "
                "20 ms; warm-up comes before the clock starts, and start-up is timed by itself."
            ),
            say(
                "The experiments of a sweep alternate in random order, one trial of each a round, so that a "
                "change of the machine meets them all. Trials end early when the median is known to 2 %."
            ),
            say("Every executor must return the same results as the sequential run."),
            say(
                "Times are medians; their 95 % interval is by order statistics. The speed-up is against the "
                "sequential run of the same rounds, its interval by bootstrap with both arms resampled."
            ),
            say(
                "The noise floor is what equal experiments of this sweep still differ by: each run is held "
                "against itself, half against half. A difference counts only beyond it."
            ),
            say(
                "A trial is marked when something disturbed it: other programs, time that the hypervisor "
                "took, throttling by a quota, a slower clock. Marked and far-off trials are kept; when more "
                "than 20 % are marked, no winner is named."
            ),
            say(
                "The GIL gauge reads the interpreter's own lock from the memory of the process, from outside "
                "and without stopping it, up to 100 times a second: is it held, by whom, how many wait."
            ),
            say(
                "Threads: time on a CPU and in the run queue is from the kernel's counters, the rest (GIL, "
                "lock, I/O, idle) from samples of what each thread waits for. Memory is PSS: pages that "
                "processes share are counted once."
            ),
            say(
                "Laws (constant, roofline, Amdahl, USL) are fitted to the logarithm of the speed-ups and "
                "chosen by AICc; one that misses a point by more than the noise is refused. The bound is "
                "drawn from one worker's run alone: what a task needs of GIL, CPU, lock and wall time."
            ),
            say(
                "N* is the smallest number of workers within 5 % of the best in 95 % of bootstrap draws, "
                "capped by the CPUs and the memory that may be used."
            ),
            say("How sure a verdict is, from 0 to 1, is a heuristic, not a probability."),
        )
    )
    yield Heading(3, say("Limits"))
    yield Bullets(
        (
            say("The figures hold for this host, this load and this code; another machine may differ."),
            say(
                "What one worker's run cannot show is not in the bound: locks between workers, disks and "
                "servers that serve one at a time, memory bandwidth, caches."
            ),
            say("A figure that could not be measured is left out with its reason; it is never 0."),
        )
    )
