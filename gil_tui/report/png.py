"""An SVG of this program as PNG, with a font that comes along: the same picture on every machine."""

from importlib.util import find_spec
from pathlib import Path

from gil_tui.lab.errors import LabError

FONTS = Path(__file__).with_name("fonts")
FAMILY = "DejaVu Sans Mono"
ZOOM = 2
"""Pixels of the PNG for one of the SVG: sharp on paper, and lines lie on whole pixels."""
INSTALL = "pip install 'resvg-py>=0.5'"
"""What the extra `png` brings; this works wherever gil-tui itself came from."""


def why_no_png() -> str:
    """What is missing and the command that brings it; empty where PNG can be made."""
    return "" if find_spec("resvg_py") else f"PNG needs resvg-py (extra png): {INSTALL}"


def png_of(svg: str) -> bytes:
    """The picture; takes about half a second: off the event loop. Raises LabError where it cannot be made."""
    if missing := why_no_png():
        raise LabError(missing)
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=ZOOM,
            font_files=[str(file) for file in sorted(FONTS.glob("*.ttf"))],
            skip_system_fonts=True,
            font_family=FAMILY,
            monospace_family=FAMILY,
        )
    )
