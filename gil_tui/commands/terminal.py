"""What the terminal can do."""

import os
import shutil
from collections.abc import Mapping


def description(environ: Mapping[str, str] = os.environ) -> str:
    """The terminal in one line: `xterm-256color, 256 colours, 120x40, SSH, tmux`."""
    columns, rows = shutil.get_terminal_size()
    parts = [environ.get("TERM") or "TERM not set", colours(environ), f"{columns}x{rows}"]
    parts += ["SSH"] if environ.get("SSH_CONNECTION") else []
    parts += ["tmux"] if environ.get("TMUX") else []
    return ", ".join(parts)


def colours(environ: Mapping[str, str]) -> str:
    """How many colours the environment promises; NO_COLOR is taken at its word (no-color.org)."""
    if environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256color" in environ.get("TERM", "") else "16 colours"
