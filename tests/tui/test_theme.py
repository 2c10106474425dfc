import pytest
from textual.color import Color

from gil_tui.tui.theme import (
    EXECUTOR_MARKERS,
    GLYPHS,
    LEGEND,
    SHADES,
    VERDICT_STATES,
    Shades,
    default_theme,
    themes,
)
from gil_tui.tui.widgets.lines import role_styles
from gil_tui.tui.widgets.verdict import BADGES
from gil_tui.verdict.model import CODES
from gil_tui.watch.frames import STATES

RGB = [name for name in SHADES if not name.startswith("ansi")]
PALETTE = {0, 95, 135, 175, 215, 255}
TEXT_CONTRAST, GRAPHIC_CONTRAST = 4.5, 3.0
"""Web Content Accessibility Guidelines 2.2, 1.4.3 and 1.4.11."""


def luminance(color: Color) -> float:
    parts = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in color.normalized
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (high + 0.05) / (low + 0.05)


def states_of(shades: Shades) -> dict[str, str]:
    return {name: getattr(shades, name) for name in ("cpu", "gil", "lock", "run_queue", "io", "idle")}


def test_contrast_is_measured_as_the_guidelines_do() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", RGB)
def test_text_is_legible(name: str) -> None:
    shades = SHADES[name]
    for background in (shades.background, shades.raised):
        for text in (shades.text, shades.muted, shades.accent):
            assert contrast(text, background) >= TEXT_CONTRAST, (text, background)
    assert contrast(shades.on_accent, shades.accent) >= TEXT_CONTRAST
    # What a verdict's badge is written in, and words in the colour of a state.
    for state in ("cpu", "gil", "lock", "run_queue", "io"):
        assert contrast(getattr(shades, state), shades.background) >= 4.0, state


@pytest.mark.parametrize("name", RGB)
def test_states_and_executors_can_be_seen(name: str) -> None:
    shades = SHADES[name]
    for colour in (*states_of(shades).values(), *shades.executors):
        assert contrast(colour, shades.background) >= GRAPHIC_CONTRAST, colour
    assert len(set(states_of(shades).values())) == 6
    assert len(set(shades.executors)) == len(EXECUTOR_MARKERS)


@pytest.mark.parametrize("name", RGB)
def test_over_ssh_the_same_colours_are_shown(name: str) -> None:
    """Every colour is one of the 216 of the cube or the 24 greys of a 256-colour terminal."""
    shades = SHADES[name]
    for colour in (shades.background, shades.text, *states_of(shades).values(), *shades.executors):
        red, green, blue = Color.parse(colour).rgb
        grey = red == green == blue and (red - 8) % 10 == 0
        assert grey or {red, green, blue} <= PALETTE, colour


def test_every_state_and_verdict_has_its_glyph_and_word() -> None:
    assert set(GLYPHS) == set(STATES)
    distinct = {GLYPHS[state] for state, _ in LEGEND}
    assert len(distinct) == len(LEGEND) == 6
    assert set(VERDICT_STATES) == set(BADGES) == set(CODES)


def test_ansi_themes_use_the_terminals_own_colours_only() -> None:
    for theme in themes():
        if theme.ansi:
            styles = role_styles(theme.to_color_system().generate() | theme.variables)
            numbers = [style.color.number for style in styles.values() if style.color]
            assert all(number is None or number < 16 for number in numbers)
            assert all(style.color is None or style.color.triplet is None for style in styles.values())


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "tmux"}, "dark"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "vt220"}, "ansi-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "ansi-dark"),
    ],
)
def test_the_terminal_decides_the_default(environ: dict[str, str], theme: str) -> None:
    assert default_theme(environ) == theme
