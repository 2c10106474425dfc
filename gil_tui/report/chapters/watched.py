"""Watches: what a process did while it was looked at, each with its verdict, figures, threads and gaps."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from gil_tui.history.watches import KeptWatch
from gil_tui.report.besides import STATES
from gil_tui.report.chapters.evidence import judged_blocks
from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.chapters.summary import verdict_page
from gil_tui.report.charts import MOST_BARS, Bar, states_chart
from gil_tui.report.data import Report
from gil_tui.report.document import (
    Block,
    Bullets,
    Figure,
    Heading,
    Pairs,
    Paragraph,
    Table,
    Typed,
)
from gil_tui.report.layout import MISSING, size
from gil_tui.report.watch_charts import waiting_chart
from gil_tui.text import clean, count, fit, percent

MOST_THREADS = 40
"""Rows of threads that are printed; the file beside the report has them all."""
MOST_FUNCTIONS = 8
MOST_PROCESSES = 20
NAME_WIDTH = 60
TOLD = 0.005
"""Shares below this read 0 %."""

Document = Mapping[str, Any]


def watch_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """A section for each watch."""
    if not report.watches:
        return
    yield Heading(2, speak.say("Watches"), "watches")
    for watch in report.watches:
        yield Heading(3, watch_name(watch, speak))
        yield from _watch(watch, speak)


def watch_name(watch: KeptWatch, speak: Speaker) -> str:
    """What a watch is called: `Watch #3 of python shop.py`."""
    subject = fit(clean(watch.subject), NAME_WIDTH)
    return speak.say("Watch #{number} of {subject}", number=watch.id, subject=subject)


def reproduced_by(watch: KeptWatch) -> str:
    """The command that watches as long again; a function is run anew for that by its audit."""
    if watch.subject != watch.document["command"]:
        return shlex.join(["gil-tui", "audit", clean(watch.subject), "--points", "2", "--again"])
    return f"gil-tui watch {watch.document['pid']} --seconds {watch.document['seconds']:.0f} --save"


def _watch(watch: KeptWatch, speak: Speaker) -> Iterator[Block]:
    document = watch.document
    yield Pairs(tuple(_facts(watch, speak)))
    verdict = watch.seen.verdict
    if verdict:
        yield from judged_blocks(verdict, speak)
    else:
        yield Paragraph(speak.say("No verdict: nothing was measured to its end."))
    yield from _waiting(watch, speak)
    yield from _lanes(watch, speak)
    yield from _processes(document, speak)
    yield from _functions(document, speak)
    gaps = tuple(_gaps(document, speak))
    if gaps:
        yield Heading(4, speak.say("What could not be seen, and why"))
        yield Bullets(gaps)


def _facts(watch: KeptWatch, speak: Speaker) -> Iterator[tuple[str, str]]:
    document = watch.document
    gil, cpu = document["gil"], document["cpu"]
    yield speak.say("Subject"), Typed(clean(watch.subject))
    yield speak.say("Process"), _process(document, speak)
    yield speak.say("Watched"), _watched(watch, speak)
    yield speak.say("GIL held"), _share_of_time(gil["held"], speak)
    waiting = gil["waiting"]
    yield (
        speak.say("Waiting for the GIL"),
        speak.say("not measured")
        if waiting is None
        else speak.say("{mean} threads on average", mean=speak.figure(f"{waiting:.1f}")),
    )
    if gil["wait_share"] is not None:
        yield (
            speak.say("Lost to the GIL"),
            speak.say(
                "{share} of the time that threads want to compute",
                share=speak.figure(percent(gil["wait_share"])),
            ),
        )
    if gil["switches_per_s"] is not None:
        figure = speak.figure(f"{gil['switches_per_s']:,.0f}")
        yield speak.say("Switches of the GIL"), speak.say("{figure} per second", figure=figure)
    yield speak.say("CPUs in use"), _cpus(cpu, speak)
    observer = document["observer"]["cpu_share"]
    if observer is not None:
        cost = speak.figure(_small_share(observer))
        yield speak.say("What watching cost"), speak.say("{share} of one CPU", share=cost)
    yield speak.say("How to watch it again"), Typed(reproduced_by(watch))


def _process(document: Document, speak: Speaker) -> str:
    parts = [str(document["pid"]), clean(document["python"] or speak.say("not Python"))]
    if document["gil_enabled"] is not None:
        parts.append(speak.say("GIL on") if document["gil_enabled"] else speak.say("GIL off"))
    return ", ".join(parts)


def _watched(watch: KeptWatch, speak: Speaker) -> str:
    document, gil = watch.document, watch.document["gil"]
    parts = [speak.amount(document["seconds"], "s"), speak.moment(watch.created_at)]
    if gil["samples"]:
        samples = speak.figure(f"{gil['samples']:,}")
        parts.append(speak.say("{figure} readings of the GIL", figure=samples))
    if document["ended"]:
        parts.append(speak.say("the process ended meanwhile"))
    return ", ".join(parts)


def _share_of_time(share: float | None, speak: Speaker) -> str:
    if share is None:
        return speak.say("not measured")
    return speak.say("{share} of the time", share=speak.figure(percent(share)))


def _small_share(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else percent(share)


def _cpus(cpu: Document, speak: Speaker) -> str:
    if cpu["cores_used"] is None:
        return speak.say("not measured")
    used, total = speak.figure(f"{cpu['cores_used']:.2f}"), speak.figure(count(cpu["cores_effective"]))
    parts = [speak.say("{count} of {total}", count=used, total=total)]
    if cpu["limited_by"] not in ("", "online"):
        parts.append(speak.say("limited by {what}", what=speak.say(cpu["limited_by"])))
    if (cpu["throttled_share"] or 0) >= TOLD:
        share = speak.figure(percent(cpu["throttled_share"]))
        parts.append(speak.say("stopped by the quota {share} of the time", share=share))
    if (cpu["steal_share"] or 0) >= TOLD:
        share = speak.figure(percent(cpu["steal_share"]))
        parts.append(speak.say("{share} taken by other virtual machines", share=share))
    return ", ".join(parts)


def _waiting(watch: KeptWatch, speak: Speaker) -> Iterator[Block]:
    """How many waited at a time: the chart where it is known, else the share of samples with anybody."""
    counts = watch.document["gil"].get("waiting_counts") or []
    contended = watch.document["gil"].get("contended")
    somebody = "" if contended is None else speak.figure(percent(contended))
    told = speak.say("Somebody waited in {share} of the readings.", share=somebody) if somebody else ""
    if sum(counts):
        title = speak.say("How many threads waited for the GIL at a time")
        name = f"waiting-{watch.id}"
        svg = waiting_chart(counts, title, speak.language, name)
        caption = speak.say("Shares of the readings of the busiest GIL.")
        yield Figure(name, svg, f"{caption} {told}".strip(), f"{title}: {watch_name(watch, speak)}")
    elif told:
        yield Paragraph(told)


def _lanes(watch: KeptWatch, speak: Speaker) -> Iterator[Block]:
    """The threads, the least idle first, as a chart and as a table."""
    threads = sorted(watch.document["threads"], key=lambda one: (one["idle"] or 0.0, -one["cpu"], one["tid"]))
    if not threads:
        return
    title, name = speak.say("Where each thread's time went"), f"lanes-{watch.id}"
    words = {state: speak.say(word) for state, word in STATES.items()}
    bars = [
        Bar(_thread_name(one), {state: one[state] for state in STATES}, _holder(one, speak))
        for one in threads
    ]
    svg = states_chart(bars, title, speak.say("holds the GIL"), speak.language, words, name)
    caption = [speak.say("Shares of each thread's own time, and of the samples with the GIL held.")]
    if len(threads) > MOST_BARS:
        caption.append(speak.say("{count} more are in the tables only.", count=len(threads) - MOST_BARS))
    yield Figure(name, svg, " ".join(caption), f"{title}: {watch_name(watch, speak)}")
    heading = (speak.say("Thread"), speak.say("Name"), *words.values(), speak.say("holds the GIL"))
    rows = tuple(
        (
            str(one["tid"]),
            clean(one["name"]),
            *(speak.figure(percent(one[state])) for state in STATES),
            _holder(one, speak),
        )
        for one in threads[:MOST_THREADS]
    )
    yield Table(speak.say("Threads: shares of their own time"), heading, rows, frozenset(range(2, 9)))
    if len(threads) > MOST_THREADS:
        left = speak.say("{count} more are in threads.csv.", count=len(threads) - MOST_THREADS)
        yield Paragraph(left, "note")


def _thread_name(thread: Document) -> str:
    return clean(f"{thread['tid']} {thread['name']}".strip())


def _holder(thread: Document, speak: Speaker) -> str:
    share = thread["holder_share"]
    return MISSING if share is None else speak.figure(percent(share))


def _processes(document: Document, speak: Speaker) -> Iterator[Block]:
    processes = document["processes"]
    if len(processes) < 2:
        return
    heading = ("Process", "Interpreter", "CPU", "threads", "memory", "Command")
    rows = tuple(
        (
            str(one["pid"]),
            clean(one["python"] or speak.say("not Python")),
            speak.figure(percent(one["cpu_share"])),
            str(one["threads"]),
            speak.figure(size(one["pss_bytes"] or one["rss_bytes"])),
            Typed(fit(clean(one["command"]), NAME_WIDTH)),
        )
        for one in processes[:MOST_PROCESSES]
    )
    yield Table(
        speak.say("Processes of the tree"), tuple(map(speak.say, heading)), rows, frozenset((2, 3, 4))
    )


def _functions(document: Document, speak: Speaker) -> Iterator[Block]:
    for holds_gil in (True, False):
        found = [one for one in document["hot"] if one["holds_gil"] == holds_gil][:MOST_FUNCTIONS]
        if not found:
            continue
        heading = ("Function", "Share of the samples", "Place")
        rows = tuple(
            (
                Typed(clean(one["function"])),
                speak.figure(percent(one["share"])),
                Typed(clean(f"{one['file']}:{one['line']}" if one["line"] else one["file"])),
            )
            for one in found
        )
        holding = speak.say("Functions while they hold the GIL")
        caption = holding if holds_gil else speak.say("Functions on a CPU without the GIL")
        yield Table(caption, tuple(map(speak.say, heading)), rows, frozenset((1,)))


def _gaps(document: Document, speak: Speaker) -> Iterator[str]:
    """What is null or empty in the document, each with its reason."""
    gil, cpu = document["gil"], document["cpu"]
    told = dict.fromkeys(why for why in (document["why"], gil["why"]) if why)
    yield from (speak.words(why) for why in told)
    if gil["available"] and gil["waiting"] is None:
        yield speak.say("How many threads wait: this GIL's waiters could not be counted.")
    counted = sum(one["io"] is None for one in document["threads"])
    if counted:
        yield speak.some(
            "Of {count} thread only CPU time and run queue could be had; its waits are not told apart.",
            "Of {count} threads only CPU time and run queue could be had; their waits are not told apart.",
            counted,
        )
    if not document["hot"]:
        yield speak.say("Functions: none was named; py-spy has to be installed and may be refused.")
    if cpu["throttled_share"] is None:
        yield speak.say("Throttling: no CPU quota is set, or its counters cannot be read here.")
    if cpu["steal_share"] is None:
        yield speak.say("Time taken by other virtual machines: this host does not tell.")
    if document["processes"] and all(one["pss_bytes"] is None for one in document["processes"]):
        yield speak.say("Memory is what each process has resident; what is shared could not be told apart.")


def watch_summary(report: Report, speak: Speaker) -> Iterator[Block]:
    """The verdict on each watch, for somebody who decides."""
    for watch in report.watches:
        if len(report.watches) > 1 or report.parts:
            yield Heading(3, watch_name(watch, speak))
        yield from verdict_page(watch.seen.verdict, speak)
