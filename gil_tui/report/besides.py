"""What a run tells besides its times: a call's cost, figures, counters, hand-over, the watch."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from gil_tui.bench.spec import HANDOVER_BYTES
from gil_tui.bench.workloads import find, is_own
from gil_tui.history.rows import executor_label, python_label
from gil_tui.lab.handover import Pool, pool_of
from gil_tui.lab.records import Run
from gil_tui.language.spoken import figure, say, sentence, to_say
from gil_tui.report.layout import MISSING, brief, indented, number, numbers_told, size, table, told
from gil_tui.text import clean, percent
from gil_tui.verdict.words import rate

STATES = {
    "cpu": "on CPU",
    "run_queue": "run queue",
    "gil": "GIL",
    "lock": "lock",
    "io": "I/O",
    "idle": "idle",
}
COUNTED = {
    "context_switches": "context switches",
    "cpu_migrations": "migrations",
    "page_faults": "page faults",
    "cycles": "cycles",
    "instructions": "instructions",
    "cache_misses": "cache misses",
}


def call_line(run: Run) -> str:
    """What one call costs: `one call 3.1 ms, best of 5`; empty where that was not measured."""
    if run.call_s is None:
        return ""
    best = f", best of {run.call_repeats}" if run.call_repeats > 1 else ""
    workload = run.experiment.workload
    known = None if is_own(workload) else find(workload)
    unit = f" (of {known.size_unit})" if known and known.size_unit else ""
    what = "one call" if is_own(workload) else f"one unit of size{unit}:"
    return f"{what} {brief(run.call_s)}{best}"


def figure_cells(name: str, value: float) -> tuple[str, str]:
    """A figure's name without its unit, and its value with it: `pings_p99_s` is `pings p99`, `5.1 ms`."""
    for suffix, show in _FIGURE_UNITS.items():
        if name.endswith(suffix):
            return _words(name.removesuffix(suffix)), show(value)
    return _words(name), number(value)


_FIGURE_UNITS: dict[str, Callable[[float], str]] = {
    "_per_s": lambda value: f"{rate(value)}/s",
    "_ms": lambda value: brief(value / 1000),
    "_s": brief,
    "_bytes": size,
    "_share": percent,
}
"""Units that stand at the end of a figure's name; the longest first."""


def _words(name: str) -> str:
    return clean(name.replace("_", " "))


def figures_lines(run: Run) -> list[str]:
    """What the workload measured besides, medians over the trials."""
    cells = [figure_cells(name, value) for name, value in run.figures.items()]
    rows = [(sentence(name), told(value)) for name, value in cells]
    trials = len(run.results)
    heading = say("figures, median of {trials} trials", trials=trials) if trials > 1 else say("figures")
    return [heading, *indented(table(rows, (1,))), ""] if rows else []


def counters_lines(run: Run) -> list[str]:
    """What the kernel counted of the work, or why it did not."""
    counters = run.counters
    if counters is None:
        why = sentence(clean(run.counters_why))
        return [say("no counters: {why}", why=why)] if run.results else []
    used_s = counters.get("task_clock_s")
    parts = [] if used_s is None else [say("CPU time {time}", time=figure(brief(used_s)))]
    parts += [
        f"{figure(number(counters[name]))} {say(noun)}" for name, noun in COUNTED.items() if name in counters
    ]
    cycles, instructions = counters.get("cycles"), counters.get("instructions")
    if cycles and instructions:
        ratio = figure(f"{instructions / cycles:.2f}")
        parts.append(say("{ratio} instructions a cycle", ratio=ratio))
    trials, text = [trial for trial in run.trials if trial.result and trial.result.counters], ", ".join(parts)
    if len(trials) == 1:
        number_of = trials[0].number
        return [say("counters of trial {number} (perf stat): {counted}", number=number_of, counted=text)]
    return [say("counters of {trials} trials (perf stat): {counted}", trials=len(trials), counted=text)]


def gil_lines(run: Run) -> list[str]:
    """Who switched the GIL back on, where somebody did."""
    module = clean(run.gil_enabled_by)
    return [f"importing {module} switched the GIL back on"] if module else []


def watched_lines(run: Run) -> list[str]:
    """What was seen of the GIL and the threads while the run's work went on, or why nothing was."""
    lines = []
    if run.gil:
        lines.append(say(GIL_SEEN, **_gil_figures(run.gil)))
    if run.threads:
        states = [f"{say(noun)} {figure(percent(run.threads[state]))}" for state, noun in STATES.items()]
        lines.append(say("threads: {states}", states=", ".join(states)))
    if run.watch_why:
        lines.append(say("not watched: {why}", why=sentence(clean(run.watch_why))))
    return lines


GIL_SEEN = to_say(
    "GIL held {held}, {waiting} threads wait, {switches} switches/s, wait share {share} ({samples} samples)"
)


def _gil_figures(gil: Mapping[str, float | None]) -> dict[str, str]:
    """What `GIL_SEEN` is filled with."""
    return {
        "held": figure(percent(gil["held"])),
        "waiting": figure(_mean(gil["waiting"], ".1f")),
        "switches": figure(_mean(gil["switches_per_s"], ".0f")),
        "share": figure(percent(gil["wait_share"])),
        "samples": str(gil["samples"]),
    }


def _mean(value: float | None, form: str) -> str:
    return MISSING if value is None else format(value, form)


ORCHESTRATION = (
    "executor",
    "workers",
    "start",
    *(f"task of {size(n)}" for n in HANDOVER_BYTES),
    "extra memory",
)


def orchestration_lines(runs: Iterable[Run]) -> list[str]:
    """What it takes to start each kind of pool and to hand a task over, by the bytes of its argument.

    Memory is what the pool takes beyond the sequential run of the same work.
    """
    runs = list(runs)
    rows = orchestration_rows(runs)
    if not rows:
        return []
    reasons = sorted({run.handover_why for run in _smallest(runs) if run.handover_why})
    own_words = [tuple(map(sentence, rows[0])), *numbers_told(rows[1:])]
    lines = indented(table(own_words, range(1, len(ORCHESTRATION))))
    lines += indented([say("not measured: {why}", why=sentence(clean(why))) for why in reasons])
    return [say("orchestration"), *lines, ""]


def orchestration_rows(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """A heading, and each kind of pool; nothing where no hand-over was measured, nor said why not."""
    pools = _smallest(runs)
    if not any(run.handover_s or run.handover_why for run in pools):
        return []
    several = len({python_label(run) for run in pools}) > 1
    heading = (*ORCHESTRATION, *(("python",) if several else ()))
    rows = [(*_pool_cells(run, runs), *((clean(python_label(run)),) if several else ())) for run in pools]
    return [heading, *rows]


def _pool_cells(run: Run, runs: Sequence[Run]) -> tuple[str, ...]:
    costs: Mapping[str, float] = run.handover_s or {}
    own, alone = median_peak_bytes(run), _alone_bytes(run, runs)
    extra = own - alone if own is not None and alone is not None else None
    return (
        executor_label(run),
        str(run.experiment.workers),
        brief(median_startup_s(run)),
        *(brief(costs.get(str(size_bytes))) for size_bytes in HANDOVER_BYTES),
        MISSING if extra is None else f"{'+' if extra >= 0 else '-'}{size(abs(extra))}",
    )


def _smallest(runs: Iterable[Run]) -> list[Run]:
    """Of each kind of pool the run with the fewest workers among those that were measured."""
    found: dict[Pool, Run] = {}
    for run in runs:
        pool = pool_of(run.experiment)
        if pool is None or not run.results:
            continue
        if pool not in found or run.experiment.workers < found[pool].experiment.workers:
            found[pool] = run
    return list(found.values())


def _alone_bytes(run: Run, runs: Iterable[Run]) -> float | None:
    mine = run.experiment
    for other in runs:
        one = other.experiment
        if one.executor == "sequential" and (one.workload, one.interpreter_key) == (
            mine.workload,
            mine.interpreter_key,
        ):
            return median_peak_bytes(other)
    return None


def median_startup_s(run: Run) -> float | None:
    """What the pool took to come up."""
    startups_s = [result.startup_s for result in run.results]
    return statistics.median(startups_s) if startups_s else None


def median_peak_bytes(run: Run) -> float | None:
    """The memory of the trials that could measure it."""
    peaks = [result.peak_pss_bytes for result in run.results if result.peak_pss_bytes is not None]
    return statistics.median(peaks) if peaks else None


def besides_lines(run: Run, sweep: Sequence[Run] = ()) -> Iterator[str]:
    """All of it for one run; `sweep` are the runs that it was made with."""
    alike = [other for other in sweep if other.experiment.workload == run.experiment.workload]
    yield from figures_lines(run)
    yield from orchestration_lines(alike or [run])
    yield from (sentence(line) for line in (call_line(run),) if line)
    yield from counters_lines(run)
    yield from map(sentence, gil_lines(run))
    yield from watched_lines(run)
    yield from (sentence(f"note: {clean(note)}") for note in run.notes)
