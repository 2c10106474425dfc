"""The picker of the workload: a row for each family, which stands for one of its members or for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from gil_tui.language.spoken import say
from gil_tui.text import clean, fit
from gil_tui.tui.settings import said
from gil_tui.tui.widgets.lines import Row
from gil_tui.tui.widgets.picker import Picker

TWO_COLUMNS = 52
"""From this width on families stand in two columns."""
GAP = 2
NAME_WIDTH = 10
CHOSEN, UNAVAILABLE = "›", "–"


@dataclass(frozen=True, slots=True)
class Family:
    """Workloads of one kind by name; `together` says that a sweep of all of them compares like with like.

    One without members only opens.
    """

    name: str
    members: tuple[str, ...]
    together: bool = False

    @property
    def options(self) -> tuple[tuple[str, ...], ...]:
        """What its row can stand for, in the order of the arrow keys."""
        singles = tuple((member,) for member in self.members)
        return (self.members, *singles) if self.together else singles


def families_of(kinds: Mapping[str, tuple[str, str]], order: Sequence[str]) -> list[Family]:
    """Families from the family and the unit of size of each workload; those of `order` first."""
    names = [name for name in order if any(family == name for family, _ in kinds.values())]
    names += [
        family for family in dict.fromkeys(family for family, _ in kinds.values()) if family not in order
    ]
    found = []
    for name in names:
        members = tuple(workload for workload, (family, _) in kinds.items() if family == name)
        units = {kinds[member][1] for member in members}
        found.append(Family(name, members, together=len(members) > 1 and len(units) == 1 and units != {""}))
    return found


class FamilyPicker(Picker):
    """What is run: up and down choose the family, left and right its member; enter opens the whole list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space,enter", "open", "All workloads", show=False, id="families.open", tooltip="Find by typing"
        ),
    ]

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = title
        self.families: tuple[Family, ...] = ()
        self.chosen: tuple[str, ...] = ()
        self.unavailable: frozenset[str] = frozenset()
        self.cursor = 0
        self._stands: dict[str, tuple[str, ...]] = {}
        self.label_of: Callable[[str], str] = clean

    def set_families(self, families: Sequence[Family], chosen: Sequence[str]) -> None:
        """Other families; `chosen` workloads are taken, and each row stands for what it stood for."""
        self.families = tuple(families)
        for family in families:
            before = self._stands.get(family.name, ())
            if not before or not set(before) <= set(family.members):
                self._stands[family.name] = next(iter(family.options), ())
        self.take(chosen)
        self.redraw(layout=True)

    def mark_unavailable(self, names: frozenset[str]) -> None:
        """These workloads cannot be run on what is chosen."""
        if names != self.unavailable:
            self.unavailable = names
            self.redraw()

    def take(self, names: Sequence[str]) -> None:
        """Choose these workloads, as if by hand."""
        known = [member for family in self.families for member in family.members]
        names = tuple(name for name in known if name in names)
        for index, family in enumerate(self.families):
            own = tuple(member for member in family.members if member in names)
            if own:
                self._stands[family.name] = own
                if not set(own) & set(self.chosen) or len(names) == len(own):
                    self.cursor = index
        if names != self.chosen:
            self.chosen = names
            self.post_message(self.Changed(self, names))
        self.point()
        self.redraw()

    @property
    def several(self) -> bool:
        """True where workloads of more than one family are chosen, which the cursor is not to undo."""
        return sum(bool(set(family.members) & set(self.chosen)) for family in self.families) > 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A row for the title, and those of the families."""
        return 1 + self._rows_in(width)

    def on_click(self, event: events.Click) -> None:
        """A family is chosen by a click; a second one opens the list."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < 1:
            return
        rows = self._rows_in(self.size.width)
        column = offset.x // (self._cell_width(self.size.width) + GAP)
        index = (offset.y - 1) + rows * column
        if index >= len(self.families):
            return
        family = self.families[index]
        if index == self.cursor and (set(family.members) & set(self.chosen) or not family.members):
            self.action_open()
        else:
            self.cursor = index
            self._follow()

    def action_move(self, rows: int, columns: int) -> None:
        """Up and down to another family, left and right to another of its members."""
        if not self.families:
            return
        if rows:
            index = self.cursor + rows
            if not 0 <= index < len(self.families):
                self.leave(rows)
                return
            self.cursor = index
            if not self.several:
                self._follow()
        else:
            family = self.families[self.cursor]
            options = family.options
            if options:
                stands = self._stands[family.name]
                at = options.index(stands) + columns if stands in options else 0
                self._stands[family.name] = options[at % len(options)]
                self._follow()
        self.point()
        self.redraw()

    def action_open(self) -> None:
        """Ask for the whole list, or for own code."""
        if self.families:
            self.post_message(self.Opened(self, self.families[self.cursor].name))

    def point(self) -> None:
        """Tell which workload the cursor is at."""
        if self.families:
            stands = self._stands[self.families[self.cursor].name]
            self.post_message(self.Pointed(self, stands[0] if stands else ""))

    def _follow(self) -> None:
        stands = self._stands[self.families[self.cursor].name]
        if stands:
            self.take(stands)
        self.redraw()

    def notify_style_update(self) -> None:
        """Names may have to be told otherwise."""
        super().notify_style_update()
        self.call_later(self.redraw)

    def redraw(self, layout: bool = False) -> None:
        """Draw anew, at another height if `layout`."""
        if not self.is_mounted:
            return
        self.show(self.drawn(self.size.width))
        if layout:
            self.refresh(layout=True)
        if self.has_focus:
            self.call_after_refresh(self.scroll_to_row, 1 + self.cursor % self._rows_in(self.size.width))

    def drawn(self, width: int) -> list[Row]:
        """Title and families as rows of `width` cells."""
        known = sum(len(family.members) for family in self.families)
        hint = f"⏎ {say('all {count}', count=known)}"
        hint = hint if known and self.has_focus and width >= len(self.title) + 12 else ""
        title = (fit(self.title, width), "accent bold" if self.has_focus else "muted")
        rows: list[Row] = [(title, (f"{hint:>{max(0, width - len(self.title))}}", "muted"))]
        count, wide = self._rows_in(width), self._cell_width(width)
        for number in range(count):
            row: Row = ()
            for index in range(number, len(self.families), count):
                spans = self._cell(index, wide)
                row = (*row, *(((" " * GAP, ""),) if row else ()), *spans)
            rows.append(row)
        return rows

    def _cell(self, index: int, width: int) -> Row:
        family = self.families[index]
        stands = self._stands[family.name]
        at_cursor = self.has_focus and index == self.cursor
        chosen = bool(set(family.members) & set(self.chosen))
        is_off = bool(stands) and set(stands) <= self.unavailable
        name = f"{CHOSEN if chosen else ' '} {fit(clean(said(family.name)), NAME_WIDTH - 1):<{NAME_WIDTH}}"
        label, place = self._label(family, stands), self._place(family, stands)
        room = width - len(name) - (2 if is_off else 0)
        if len(label) + len(place) + 1 > room:
            place = ""
        label = (f"{UNAVAILABLE} " if is_off else "") + fit(label, room)
        padding = " " * max(0, width - len(name) - len(label) - len(place))
        role = "cursor reverse" if at_cursor else "strong" if chosen and not is_off else ""
        muted = "muted" if is_off or not family.members else "text"
        return (
            (name, role or "muted"),
            (label, role or muted),
            (padding, "cursor reverse" if at_cursor else ""),
            (place, "cursor reverse" if at_cursor else "muted"),
        )

    def _label(self, family: Family, stands: tuple[str, ...]) -> str:
        if not stands:
            return say("your own…")
        if len(stands) == 1:
            return self.label_of(stands[0])
        if stands == family.members:
            return say("all {count}", count=len(stands))
        return say("{count} of {total}", count=len(stands), total=len(family.members))

    def _place(self, family: Family, stands: tuple[str, ...]) -> str:
        """Where among its options the row stands: `‹2/6›`; how many more there are in the other rows."""
        options = family.options
        if len(options) < 2:
            return ""
        at = options.index(stands) + 1 if stands in options else 0
        return f"‹{at or '–'}/{len(options)}›"

    def _rows_in(self, width: int) -> int:
        columns = 2 if width >= TWO_COLUMNS else 1
        return max(1, -(-len(self.families) // columns))

    def _cell_width(self, width: int) -> int:
        return (width - GAP) // 2 if width >= TWO_COLUMNS else width
