"""A widget that shows rows of role-coloured text and repaints only what has changed of them."""

from collections.abc import Mapping, Sequence
from typing import Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from gil_tui.tui.theme import ROLES

Span = tuple[str, str]
"""Text and its role: a name of `theme.ROLES`, with ` bold`, ` reverse` behind it where wanted."""
Row = tuple[Span, ...]


def row_text(row: Row) -> str:
    """The row without its colours."""
    return "".join(text for text, _ in row)


def row_width(row: Row) -> int:
    """Cells that the row takes."""
    return sum(cell_len(text) for text, _ in row)


def changed_span(before: Row, after: Row) -> tuple[int, int] | None:
    """First cell that differs and the number of cells to repaint; None when nothing differs."""
    if before == after or (old := _cells(before)) == (new := _cells(after)):
        return None
    if len(old) != len(new):
        return 0, max(len(old), len(new))
    first = next(index for index, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1])
    last = next(index for index in reversed(range(len(new))) if old[index] != new[index])
    return first, last - first + 1


def _cells(row: Row) -> list[tuple[str, str]]:
    """One entry a cell; a wide character takes two."""
    return [
        (character, role)
        for text, role in row
        for character in text
        for _ in range(1 if character.isascii() else max(1, cell_len(character)))
    ]


def role_styles(variables: Mapping[str, str]) -> dict[str, Style]:
    """The style of each role from a theme's variables."""
    dim = variables.get("muted-style") == "dim"
    colours = {"text": "foreground", "strong": "foreground", "cursor": "block-cursor-background"}
    styles = {role: Style(color=Color.parse(variables[colours.get(role, role)]).rich_color) for role in ROLES}
    styles["strong"] += Style(bold=True)
    if dim:
        styles["muted"] += Style(dim=True)
    return styles


class Lines(Widget):
    """Rows of text; `show` takes new ones and repaints the cells that differ."""

    _entitling = False

    DEFAULT_CSS = "Lines { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Row, ...] = ()
        self._styles: dict[str, Style] = {}
        self._titles = ("", "")

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows as they are shown."""
        return self._rows

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(row_text(row).rstrip() for row in self._rows)

    def show(self, rows: Sequence[Row]) -> None:
        """Show `rows` from now on."""
        before, self._rows = self._rows, tuple(rows)
        if not self.is_mounted:
            return
        regions = []
        for y in range(min(self.size.height, max(len(before), len(self._rows)))):
            old = before[y] if y < len(before) else ()
            new = self._rows[y] if y < len(self._rows) else ()
            span = changed_span(old, new)
            if span:
                regions.append(Region(span[0], y, min(span[1], self.size.width), 1))
        if regions:
            self.refresh(*regions)

    def entitle(self, title: Content | str, subtitle: str = "") -> None:
        """Set the border's texts, literally, if they are new."""
        words = Content(title) if isinstance(title, str) else title
        if (words.markup, subtitle) == self._titles:  # contents are equal if their texts are, styles aside
            return
        self._titles = (words.markup, subtitle)
        self._entitling = True
        self.border_title, self.border_subtitle = words, Content(subtitle)
        self._entitling = False

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """As of any widget, but for new texts in the border Textual would repaint all within it, too."""
        if self._entitling and self.is_mounted and self.outer_size:
            width, height = self.outer_size
            lines = (Region(0, 0, width, 1), Region(0, height - 1, width, 1))
            regions = tuple(line.translate(-self.content_offset) for line in lines)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Drop the styles of the theme before."""
        super().notify_style_update()
        self._styles = {}

    def style_of(self, role: str) -> Style:
        """The prebuilt style of a role on this widget's background."""
        if not self._styles:
            base = self.rich_style
            roles = role_styles(self.app.theme_variables)
            self._styles = {"": base} | {name: base + style for name, style in roles.items()}
        style = self._styles.get(role)
        if style is None:
            name, *attributes = role.split()
            style = self._styles[role] = self._styles[name] + Style.parse(" ".join(attributes))
        return style

    def render_line(self, y: int) -> Strip:
        """One row, padded to the widget's width."""
        width = self.size.width
        row = self._rows[y] if 0 <= y < len(self._rows) else ()
        segments = [Segment(text, self.style_of(role)) for text, role in row if text]
        return Strip(segments).adjust_cell_length(width, self.style_of(""))
