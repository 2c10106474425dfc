"""A cache of what was asked of interpreters: a JSON file that is there in full or not at all.

One that cannot be read or written only costs the time of asking again.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where caches are kept (XDG Base Directory Specification)."""
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "gil-tui"


@dataclass(frozen=True, slots=True)
class JsonCache:
    """Entries by their names below `key` of the file; one of another `format` is not read."""

    path: Path
    key: str
    format: int

    def read(self) -> dict[str, Any]:
        """What is kept; empty where nothing is, or nothing that can be read."""
        try:
            document = json.loads(self.path.read_text())
        except (OSError, ValueError, RecursionError):
            return {}
        usable = isinstance(document, dict) and document.get("format") == self.format
        known = document.get(self.key) if usable else None
        return known if isinstance(known, dict) else {}

    def write(self, entries: Mapping[str, Any]) -> None:
        """Keep these entries; the file of before stays where that cannot be done."""
        folder = self.path.parent
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=f".{self.path.stem}-")
            with os.fdopen(handle, "w") as file:
                json.dump({"format": self.format, self.key: dict(entries)}, file)
            Path(name).replace(self.path)
