"""The pane of what happens now: cores, the GIL gauge and the lanes of the threads."""

from collections.abc import Sequence
from dataclasses import dataclass

from gil_tui.language.spoken import figure, say, some, to_say
from gil_tui.text import clean, count, fit
from gil_tui.tui.lanes import Lane, Lanes
from gil_tui.tui.settings import said
from gil_tui.tui.theme import GLYPHS, LEGEND
from gil_tui.tui.widgets.cores import core_rows, gauge
from gil_tui.tui.widgets.lines import Lines, Row, Span
from gil_tui.tui.wording import percent
from gil_tui.watch.frames import STATES, Frame, GilFrame

LABEL_WIDTH = 5
NAME_WIDTH = 6
SHARE_WIDTH = 6
NO_LANES = to_say("Lanes appear while a trial runs.")
SHORT = {
    "run_queue": to_say("que"),
    "network": to_say("net"),
    "disk": to_say("dsk"),
    "sleep": to_say("slp"),
    "lock": to_say("lock"),
    "idle": to_say("idle"),
}
SHORT_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Now:
    """What is drawn: the cores, the last frame, and whether it is of a trial that still goes on."""

    busy: tuple[float, ...]
    frame: Frame | None
    live: bool = True
    trial: str = ""


def leading_gil(frame: Frame) -> GilFrame | None:
    """Of several GILs the one that most threads wait for, then the one held most; unavailable ones last."""
    if not frame.gils:
        return None
    return max(frame.gils, key=lambda gil: (gil.available, gil.waiting or 0.0, gil.held or 0.0))


def gil_rows(frame: Frame | None, width: int, live: bool = True) -> list[Row]:
    """Two rows: how much of the time the GIL is held, and how many threads wait for it."""
    room, waits = width - LABEL_WIDTH - 1, f"{fit(say('wait'), LABEL_WIDTH):<{LABEL_WIDTH}} "
    if not live:
        last = leading_gil(frame) if frame else None
        seen = say("no process is watched")
        if last and last.available:
            seen = say("last trial {share} held", share=percent(last.held))
        return [((f"{'GIL':<{LABEL_WIDTH}} ", "muted"), (fit(seen, width - LABEL_WIDTH - 1), "muted")), ()]
    gil = leading_gil(frame) if frame else None
    if frame is None or gil is None:
        why = clean(frame.why) if frame and frame.why else say("no process is watched")
        return [((f"{'GIL':<{LABEL_WIDTH}} ", "muted"), (fit(why, width - LABEL_WIDTH - 1), "muted")), ()]
    if gil.enabled is False:
        return [
            ((f"{'GIL':<{LABEL_WIDTH}} ", "muted"), (fit(say("off: free-threaded"), room), "text")),
            ((waits, "muted"), (fit(say("nobody can wait for it"), room), "muted")),
        ]
    if not gil.available:
        return [
            ((f"{'GIL':<{LABEL_WIDTH}} ", "muted"), (fit(say("unavailable"), room), "text")),
            ((fit(" " * (LABEL_WIDTH + 1) + clean(gil.why), width), "muted"),),
        ]
    waiting = say("{count} threads", count="–" if gil.waiting is None else figure(f"{gil.waiting:.1f}"))
    switches = f"   {gil.switches_per_s or 0:.0f} {say('switches/s')}"
    words = fit(waiting + ("" if gil.switches_per_s is None else switches), room)
    return [
        gauge(
            f"GILx{len(frame.gils)}" if len(frame.gils) > 1 else "GIL",
            LABEL_WIDTH,
            gil.held,
            width,
            "state-gil",
        ),
        ((waits, "muted"), (words, "text")),
    ]


def lane_rows(lanes: Lanes, width: int, height: int) -> list[Row]:
    """One row a thread: its name, its states over time, and the state it is in most."""
    name_width = NAME_WIDTH if width >= 24 else 0
    share_width = SHARE_WIDTH + 2 if width >= 34 else 0
    room = max(1, width - name_width - share_width)
    columns = [lanes.column(position, room) for position in range(room)]
    rows: list[Row] = []
    shown = lanes.most
    for slot in range(min(shown, height)):
        if slot == height - 1 and shown > height:
            rows.append(((fit(say("and {count} more threads", count=shown - slot), width), "muted"),))
            break
        lane = lanes.lanes[slot] if slot < len(lanes.lanes) else Lane("", {})
        states = [column[slot] if column and slot < len(column) else -1 for column in columns]
        row: list[Span] = []
        if name_width:
            row.append((f"{fit(clean(lane.name), name_width - 1):<{name_width}}", "muted"))
        row += lane_spans(states)
        if share_width and lane.shares:
            row.append((f"{_share_text(lane):>{share_width}}", f"state-{lane.dominant}"))
        rows.append(tuple(row))
    return rows


def _share_text(lane: Lane) -> str:
    state = lane.dominant
    word = say(SHORT[state])[:SHORT_WIDTH] if state in SHORT else state
    return f"{word} {lane.shares[state] * 100:.0f}"


def lane_spans(states: Sequence[int]) -> list[Span]:
    """A lane from indices into `STATES`, -1 for blank; neighbouring columns of one state are one span."""
    spans: list[Span] = []
    for index in states:
        text, role = (" ", "") if index < 0 else (GLYPHS[STATES[index]], f"state-{STATES[index]}")
        if spans and spans[-1][1] == role:
            spans[-1] = (spans[-1][0] + text, role)
        else:
            spans.append((text, role))
    return spans


def legend_row(width: int) -> Row:
    """Glyph and word of each state, as many as fit."""
    row: list[Span] = []
    taken = 0
    for state, name in LEGEND:
        word = say(name)
        needed = len(word) + 2 + (1 if row else 0)
        if taken + needed > width:
            break
        row += [(" ", "")] if row else []
        row += [(GLYPHS[state], f"state-{state}"), (f" {word}", "muted")]
        taken += needed
    return tuple(row)


def brief_gil_rows(frame: Frame | None, width: int, live: bool) -> list[Row]:
    """Both of `gil_rows` in one, where rows are few."""
    rows = gil_rows(frame, width, live)
    gil = leading_gil(frame) if frame and live else None
    if gil is None or not gil.available or gil.waiting is None or width < 40:
        return rows[:1]
    waiting = "  " + say("{count} wait", count=figure(f"{gil.waiting:.1f}"))
    return [(*gil_rows(frame, width - len(waiting))[0], (waiting, "text"))]


def now_rows(now: Now, lanes: Lanes, width: int, height: int) -> list[Row]:
    """Cores above, the gauge below them, the lanes in what is left, the legend last."""
    if width < 1 or height < 1:
        return []
    roomy = height >= 14
    gil = (gil_rows if height >= 7 else brief_gil_rows)(now.frame, width, now.live)
    most_cores = max(1, height - len(gil) - max(3, min(lanes.most, height // 2)) - (5 if roomy else 0))
    rows = core_rows(now.busy, width, min(most_cores, max(1, height // 2)))
    rows += [()] if roomy else []
    rows += gil
    rows += [(), ((fit(now.trial, width), "muted"),)] if roomy else []
    left = height - len(rows)
    if not lanes.columns:
        rows.append(((fit(say(NO_LANES), width), "muted"),))
        return rows[:height]
    drawn = lane_rows(lanes, width, left - 1 if left > 3 else left)
    rows += drawn
    if left > 3 and drawn:
        rows += [()] if len(drawn) + 2 <= left and roomy else []
        rows.append(legend_row(width))
    return rows[:height]


def rates_text(frame: Frame | None, observer_share: float) -> str:
    """What the instrument says of itself: `100 Hz · observer 1.3 %`."""
    if frame is None:
        return ""
    cost = say("observer {share}", share=figure(f"{observer_share * 100:.1f} %"))
    return f"{figure(f'{frame.observer.gil_rate_hz:.0f} Hz')} · {cost}"


def cpus_text(cpus: int, effective: float, limited_by: str) -> str:
    """How many CPUs may be used: `2 CPUs`, `2 of 8 CPUs (quota)`."""
    if limited_by in ("", "online") or effective >= cpus:
        return some("{count} CPU", "{count} CPUs", cpus)
    few = figure(count(effective))
    return say("{count} of {total} CPUs ({limit})", count=few, total=cpus, limit=clean(said(limited_by)))


class NowPane(Lines, can_focus=True):
    """Cores, GIL and lanes; the owner calls `sample` a few times a second."""

    HELP = """
    ### Now
    How busy each core of this host is, how much of the time the GIL is held and how many threads wait
    for it (of several GILs the busiest), and one lane for each thread: what it did in the last
    seconds, the newest before the blank column. A lane counts, it does not order: a quarter of its
    columns is CPU if a quarter of the time was.
    """

    def __init__(self, lanes: Lanes, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lanes = lanes
        self._now = Now((), None)

    def sample(self, now: Now) -> None:
        """Show these values."""
        self._now = now
        self._redraw()

    def on_resize(self) -> None:
        """Fold the cores anew."""
        self._redraw()

    def _redraw(self) -> None:
        self.show(now_rows(self._now, self._lanes, *self.size))
