"""The GIL gauge of a watched process, and what it uses of the host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gil_tui.language.spoken import figure, say, sentence, some, to_say
from gil_tui.text import clean, count, fit
from gil_tui.tui.watch_view import function_lines, lost_text, memory_text
from gil_tui.tui.widgets.cores import core_rows, gauge
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.tui.widgets.verdict import wrapped
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.words import rate
from gil_tui.watch.frames import Frame, GilFrame

LABELS = (
    to_say("held"),
    to_say("wait"),
    to_say("switch"),
    to_say("by"),
    to_say("CPUs"),
    to_say("lost"),
    to_say("memory"),
)
"""What stands before a bar or words."""
LEAST_LABEL = 6
"""Cells of a label, at least: those of a window, `15 s`."""
MOST_COUNTS = 9
MOST_HOLDERS = 4
SELDOM = 0.005
"""Shares below this round to nothing."""
MOST_GILS = 6


@dataclass(frozen=True, slots=True)
class GaugeView:
    """What is drawn: the last second, the window's GILs (the leading one first), and its observation."""

    now: Frame | None = None
    gils: tuple[GilFrame, ...] = ()
    observation: Observation | None = None
    window: str = ""
    names: Mapping[int, str] = field(default_factory=dict)


def gauge_view_rows(view: GaugeView, width: int, height: int) -> list[Row]:
    """The gauge first, then the CPUs and memory, then what waits at once and functions, as room allows."""
    if width < 1 or height < 1:
        return []
    gil = _gil_rows(view, width)
    host = _host_rows(view, width, max(1, (height - len(gil)) // 3))
    room = height - len(gil) - len(host) - 2
    more: list[Row] = []
    for block in (_function_rows(view, width), _count_rows(view, width), _other_rows(view, width)):
        if block and room - len(more) - (1 if more else 0) >= min(len(block), 3):
            more += [(), *block] if more else block
            more = more[:room]
    rows = [*gil, *([(), *more] if more else []), *([()] if height > len(gil) + len(host) else []), *host]
    return rows[:height]


def label_width() -> int:
    """Cells of the longest label."""
    return max(LEAST_LABEL, *(len(say(label)) for label in LABELS))


def _labelled(label: str, words: str, width: int, role: str = "text") -> Row:
    room = label_width()
    return (
        (f"{label:<{room}} "[:width], "muted"),
        (fit(words, max(0, width - room - 1)), role),
    )


def leading(view: GaugeView) -> tuple[GilFrame | None, GilFrame | None]:
    """The leading GIL now and over the window; None where there is none."""
    gils = view.now.gils if view.now else ()
    mean = view.gils[0] if view.gils else None
    if mean is None:
        return (gils[0] if gils else None), None
    now = next((gil for gil in gils if (gil.pid, gil.interpreter) == (mean.pid, mean.interpreter)), None)
    return now or mean, mean


def _gil_rows(view: GaugeView, width: int) -> list[Row]:
    now, mean = leading(view)
    if now is None:
        if view.now is None:
            return _unavailable(say("the gauge opens"), width)
        why = sentence(clean(view.now.why)) if view.now.why else say("no GIL was found in this process")
        return _unavailable(why, width)
    if now.enabled is False:
        return [_labelled("GIL", say("off: free-threaded"), width)]
    if not now.available:
        return _unavailable(sentence(clean(now.why)), width)
    waiting = "–" if now.waiting is None else say("{count} threads", count=figure(f"{now.waiting:.1f}"))
    switches = now.switches_per_s
    rows = [
        gauge(say("held"), label_width(), now.held, width, "state-gil"),
        _labelled(say("wait"), waiting, width),
        _labelled(
            say("switch"),
            "–" if switches is None else say("{rate} a second", rate=figure(rate(switches))),
            width,
        ),
    ]
    if mean and mean.held is not None:
        words = say(
            "{share} held, {count} wait",
            share=figure(f"{mean.held * 100:.0f} %"),
            count=figure(f"{mean.waiting or 0.0:.1f}"),
        )
        rows.append(_labelled(view.window, words, width))
        rows += [_labelled(say("by"), holders_text(mean, view.names), width)] if mean.held >= SELDOM else []
    if len(view.gils) > 1:
        rows.insert(0, _labelled("GILs", gils_text(view.gils), width))
    return rows


def _unavailable(why: str, width: int) -> list[Row]:
    return [_labelled("GIL", say("not seen"), width), *(((line, "muted"),) for line in wrapped(why, width))]


def holders_text(gil: GilFrame, names: Mapping[int, str]) -> str:
    """Who holds it, most first: `worker-2 27 %, worker-1 25 %`."""
    holders = sorted((gil.holders or {}).items(), key=lambda item: -item[1])[:MOST_HOLDERS]
    known = [
        f"{names.get(tid) or say('thread {tid}', tid=tid)} {figure(f'{share * 100:.0f} %')}"
        for tid, share in holders
        if share >= SELDOM
    ]
    return ", ".join(known) or say("nobody that is known")


def gils_text(gils: Sequence[GilFrame]) -> str:
    """Which of several GILs is shown: `4; this is of pid 4711`."""
    pid, interpreter = gils[0].pid, gils[0].interpreter
    if not interpreter:
        return say("{count}; this is of pid {pid}", count=len(gils), pid=pid)
    return say(
        "{count}; this is of pid {pid}, interpreter {interpreter}",
        count=len(gils),
        pid=pid,
        interpreter=interpreter,
    )


def _count_rows(view: GaugeView, width: int) -> list[Row]:
    """How often how many threads waited."""
    _, mean = leading(view)
    counts = list(mean.waiting_counts) if mean and mean.available else []
    total = sum(counts)
    while counts and counts[-1] < SELDOM * total:
        counts.pop()
    if total == 0 or len(counts) < 2:
        return []
    if len(counts) > MOST_COUNTS:
        counts = [*counts[: MOST_COUNTS - 1], sum(counts[MOST_COUNTS - 1 :])]
        last = f"{MOST_COUNTS - 1} +"
    else:
        last = str(len(counts) - 1)
    labels = [*map(str, range(len(counts) - 1)), last]
    bars = [
        gauge(f"  {label}", label_width(), number / total, width, "state-gil")
        for label, number in zip(labels, counts, strict=True)
    ]
    return [((fit(say("threads waiting at once"), width), "muted"),), *bars]


def _other_rows(view: GaugeView, width: int) -> list[Row]:
    """The GILs behind the leading one."""
    others = [gil for gil in view.gils[1:] if gil.available][:MOST_GILS]
    rows = [
        gauge(
            f"{gil.pid}" + (f".{gil.interpreter}" if gil.interpreter else ""), 9, gil.held, width, "state-gil"
        )
        for gil in others
    ]
    hidden = len(view.gils) - 1 - len(others)
    more = some("and {count} GIL more", "and {count} GILs more", hidden)
    rows += [((fit(more, width), "muted"),)] if hidden else []
    return [((fit(say("the other GILs, held"), width), "muted"),), *rows] if others else []


def _host_rows(view: GaugeView, width: int, most_cores: int) -> list[Row]:
    if view.now is None:
        return []
    cpu = view.now.cpu
    used, cores = figure(f"{cpu.cores_used:.2f}"), figure(count(cpu.cores_effective))
    words = say("{used} of {count} used", used=used, count=cores)
    if cpu.limited_by not in ("", "online"):
        limit = clean(say(cpu.limited_by))
        words = say("{used} of {count} ({limit}) used", used=used, count=cores, limit=limit)
    rows = [_labelled(say("CPUs"), words, width)]
    rows += core_rows(cpu.busy, width, most_cores)
    if view.observation:
        lost, memory = lost_text(view.observation), memory_text(view.observation)
        rows += [_labelled(say("lost"), lost, width, "state-lock")] if lost else []
        rows += [_labelled(say("memory"), memory, width)] if memory else []
    return rows


def _function_rows(view: GaugeView, width: int) -> list[Row]:
    lines = function_lines(view.observation) if view.observation else ()
    if not lines:
        return []
    return [
        ((fit(say("functions that hold it"), width), "muted"),),
        *(((fit(line, width), "text"),) for line in lines),
    ]


class GaugePane(Lines, can_focus=True):
    """Held, waiting, switches, holders; cores and memory below. The owner calls `sample`."""

    HELP = """
    ### GIL
    *held*: share of the last second in which some thread had the GIL. *wait*: how many threads waited
    for it, on average. Below, the same over the whole window, who held it, how often how many waited
    at once, and what the process uses of the host. `h` names the functions that hold it.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view = GaugeView()

    def sample(self, view: GaugeView) -> None:
        """Show these values."""
        self._view = view
        self._redraw()

    def on_resize(self) -> None:
        """Fold anew."""
        self._redraw()

    def _redraw(self) -> None:
        self.show(gauge_view_rows(self._view, *self.size))
