"""Colours and glyphs: the same state looks the same everywhere, with colour and without.

All colours of `dark` and `light` are of the xterm-256 set, so that a terminal over SSH, which does not
hear of true colour, shows exactly these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.theme import BUILTIN_THEMES, Theme

from gil_tui.language.spoken import to_say
from gil_tui.watch.frames import STATES

GLYPHS: Mapping[str, str] = {
    "cpu": "█",
    "run_queue": "░",
    "gil": "▒",
    "lock": "▚",
    "network": "─",
    "disk": "─",
    "sleep": "─",
    "idle": "·",
}
"""Glyph of each state of a thread: told apart without colour and in print."""

LEGEND: tuple[tuple[str, str], ...] = (
    ("cpu", to_say("CPU")),
    ("gil", to_say("GIL")),
    ("lock", to_say("lock")),
    ("run_queue", to_say("queue")),
    ("sleep", to_say("I/O")),
    ("idle", to_say("idle")),
)
"""States in the order of the legend, each with its word."""

EXECUTOR_MARKERS: Mapping[str, tuple[str, str, str]] = {
    "sequential": ("×", "+", "×"),
    "threads": ("●", "○", "◉"),
    "processes": ("■", "□", "▣"),
    "processes:fork": ("▪", "▫", "▪"),
    "processes:spawn": ("◧", "◨", "◧"),
    "processes:forkserver": ("◐", "◑", "◐"),
    "interpreters": ("▲", "∆", "▲"),
    "asyncio": ("◆", "◇", "◊"),
    "asyncio+threads": ("◈", "◇", "◈"),
    "dask": ("▼", "∇", "▼"),
    "loky": ("★", "☆", "★"),
    "other": ("✚", "✛", "✜"),
}
"""Marker of each executor in the chart: filled for the first interpreter, hollow for the second, another."""

VERDICT_STATES: Mapping[str, str] = {
    "gil": "gil",
    "serial": "run_queue",
    "cores": "run_queue",
    "lock": "lock",
    "io": "sleep",
    "idle": "idle",
    "throttled": "lock",
    "overhead": "lock",
    "scales": "cpu",
    "unsure": "idle",
}
"""The state whose colour a verdict wears."""


def executor_role(executor: str) -> str:
    """The role, and the variable of the themes, that has the executor's colour."""
    return f"executor-{_known(executor).replace(':', '-').replace('+', '-')}"


def marker_of(executor: str, interpreter: int) -> str:
    """The executor's marker, filled for the first interpreter, hollow for the second or a switch interval."""
    markers = EXECUTOR_MARKERS[_known(executor)]
    return markers[min(interpreter + ("@" in executor), len(markers) - 1)]


def _known(executor: str) -> str:
    name = executor.partition("@")[0]
    return name if name in EXECUTOR_MARKERS else "other"


ROLES = (
    "text",
    "strong",
    "muted",
    "line",
    "accent",
    "cursor",
    *(f"state-{state}" for state in STATES),
    *(executor_role(executor) for executor in EXECUTOR_MARKERS),
)
"""Names under which widgets ask for their prebuilt styles."""


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of one theme; `raised` is the background of bars and dialogs, `line` that of borders."""

    background: str
    raised: str
    hover: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    cpu: str
    gil: str
    lock: str
    run_queue: str
    io: str
    idle: str
    executors: tuple[str, ...]
    muted_style: str = "none"

    def variables(self) -> dict[str, str]:
        """As variables of the style sheets."""
        return {
            "muted": self.muted,
            "muted-style": self.muted_style,
            "line": self.line,
            "raised": self.raised,
            **{f"state-{state}": getattr(self, state, self.io) for state in STATES},
            **{
                executor_role(name): colour
                for name, colour in zip(EXECUTOR_MARKERS, self.executors, strict=True)
            },
            "border": self.accent,
            "border-blurred": self.line,
            "block-cursor-background": self.accent,
            "block-cursor-foreground": self.on_accent,
            "block-cursor-blurred-background": self.hover,
            "block-cursor-blurred-foreground": self.text,
            "footer-background": self.raised,
            "footer-item-background": self.raised,
            "footer-key-foreground": self.accent,
            "footer-description-foreground": self.muted,
            "input-selection-background": self.hover,
            "scrollbar": self.line,
            "scrollbar-hover": self.muted,
            "scrollbar-active": self.accent,
            **{f"scrollbar-{part}": self.raised for part in SCROLLBAR_PARTS},
        }


SCROLLBAR_PARTS = ("background", "background-hover", "background-active", "corner-color")

SHADES: Mapping[str, Shades] = {
    "dark": Shades(
        background="#121212",
        raised="#1c1c1c",
        hover="#303030",
        text="#d0d0d0",
        muted="#949494",
        line="#4e4e4e",
        accent="#5fafd7",
        on_accent="#121212",
        cpu="#5faf5f",
        gil="#d75f5f",
        lock="#d7af5f",
        run_queue="#af87d7",
        io="#5f87d7",
        idle="#767676",
        executors=(
            "#d0d0d0",
            "#ff875f",
            "#5fd7d7",
            "#00afff",
            "#87afff",
            "#00af87",
            "#afd75f",
            "#d787d7",
            "#af87ff",
            "#d7d787",
            "#ffafd7",
            "#d7af87",
        ),
    ),
    "light": Shades(
        background="#ffffff",
        raised="#eeeeee",
        hover="#d0d0d0",
        text="#262626",
        muted="#626262",
        line="#a8a8a8",
        accent="#005faf",
        on_accent="#ffffff",
        cpu="#008700",
        gil="#d70000",
        lock="#875f00",
        run_queue="#8700af",
        io="#005fd7",
        idle="#767676",
        executors=(
            "#262626",
            "#af5f00",
            "#008787",
            "#005f87",
            "#5f5fd7",
            "#00875f",
            "#5f8700",
            "#af00af",
            "#8700ff",
            "#5f5f00",
            "#d7005f",
            "#875f5f",
        ),
    ),
    "ansi-dark": Shades(
        background="ansi_default",
        raised="ansi_default",
        hover="ansi_bright_black",
        text="ansi_default",
        muted="ansi_default",
        line="ansi_bright_black",
        accent="ansi_cyan",
        on_accent="ansi_black",
        cpu="ansi_green",
        gil="ansi_red",
        lock="ansi_yellow",
        run_queue="ansi_magenta",
        io="ansi_bright_blue",
        idle="ansi_bright_black",
        executors=(
            "ansi_default",
            "ansi_yellow",
            "ansi_cyan",
            "ansi_blue",
            "ansi_bright_blue",
            "ansi_bright_cyan",
            "ansi_green",
            "ansi_magenta",
            "ansi_bright_magenta",
            "ansi_red",
            "ansi_bright_red",
            "ansi_bright_yellow",
        ),
        muted_style="dim",
    ),
    "ansi-light": Shades(
        background="ansi_default",
        raised="ansi_default",
        hover="ansi_white",
        text="ansi_default",
        muted="ansi_default",
        line="ansi_bright_black",
        accent="ansi_blue",
        on_accent="ansi_bright_white",
        cpu="ansi_green",
        gil="ansi_red",
        lock="ansi_magenta",
        run_queue="ansi_bright_magenta",
        io="ansi_blue",
        idle="ansi_bright_black",
        executors=(
            "ansi_default",
            "ansi_red",
            "ansi_blue",
            "ansi_bright_cyan",
            "ansi_bright_blue",
            "ansi_cyan",
            "ansi_green",
            "ansi_magenta",
            "ansi_bright_magenta",
            "ansi_yellow",
            "ansi_bright_red",
            "ansi_bright_green",
        ),
        muted_style="dim",
    ),
}


def themes() -> tuple[Theme, ...]:
    """The themes of the application, the default one first."""
    return tuple(_theme(name, shades) for name, shades in SHADES.items())


def default_theme(environ: Mapping[str, str]) -> str:
    """`dark`, or the 16 colours of the terminal where it has no more or no colour is wanted."""
    term, colorterm = environ.get("TERM", ""), environ.get("COLORTERM", "")
    rich = bool(colorterm) or "256" in term or term.startswith(("tmux", "xterm-", "alacritty", "foot"))
    return "dark" if rich and not environ.get("NO_COLOR") else "ansi-dark"


def _theme(name: str, shades: Shades) -> Theme:
    # Textual's own styles name variables that only its ANSI themes have.
    inherited = BUILTIN_THEMES[name].variables if name in BUILTIN_THEMES else {}
    return Theme(
        name=name,
        dark="light" not in name,
        ansi=name.startswith("ansi"),
        primary=shades.accent,
        secondary=shades.accent,
        accent=shades.accent,
        warning=shades.lock,
        error=shades.gil,
        success=shades.cpu,
        foreground=shades.text,
        background=shades.background,
        surface=shades.background,
        panel=shades.raised,
        variables=inherited | shades.variables(),
    )
