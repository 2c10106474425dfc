"""Which modules an interpreter can import: asked once, and again when something was installed there."""

import json
import os
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_tui.lab.identify import MARK, TIMEOUT_S, run_bounded
from gil_tui.lab.json_cache import JsonCache, cache_folder

CACHE_FORMAT = 1
SETTINGS = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "HOME")
"""What decides, besides the executable, where an interpreter looks for modules."""

# The folder that stands for "here" is taken out: what lies in the current directory is nobody's installation.
PROBE = f"""
import json, os, sys
if sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]
import importlib.util, site, sysconfig
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False
base = sys.prefix == getattr(sys, "base_prefix", sys.prefix)
managed = base and os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
print("{MARK}" + json.dumps([[name for name in sys.argv[1:] if found(name)], managed, sys.path + user]))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """Of the modules asked for those that are there; `managed` where the system forbids `pip install`."""

    modules: frozenset[str]
    managed: bool = False


class Modules:
    """Answers for each interpreter by its path, from memory while nothing changed in its folders.

    A folder's time changes when something is installed or removed in it. `save` writes what is new to the
    cache directory; a cache that cannot be read or written only costs the time of asking again.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, timeout_s: float = TIMEOUT_S) -> None:
        self._cache = JsonCache(cache_folder(environ) / "modules.json", "interpreters", CACHE_FORMAT)
        self._settings = {name: environ[name] for name in SETTINGS if environ.get(name)}
        self._timeout_s = timeout_s
        self._known = self._cache.read()
        self._locks: dict[str, threading.Lock] = {}

    def installed(self, path: str, names: Collection[str]) -> Installed | None:
        """Which of `names` the interpreter at `path` can import; None if it does not say."""
        with self._locks.setdefault(path, threading.Lock()):
            entry = self._known.get(path)
            if not self._stands(entry, path, names):
                entry = self._ask(path, names)
                if entry is None:
                    return None
                self._known[path] = entry
                self._cache.write(self._known)
            assert entry is not None
            return Installed(frozenset(entry["found"]) & frozenset(names), bool(entry["managed"]))

    def _stands(self, entry: Any, path: str, names: Collection[str]) -> bool:
        try:
            return (
                set(names) <= set(entry["asked"])
                and entry["settings"] == self._settings
                and all(_time(folder) == time for folder, time in entry["times"].items())
                and path in entry["times"]
            )
        except (KeyError, TypeError, AttributeError):
            return False

    def _ask(self, path: str, names: Collection[str]) -> dict[str, Any] | None:
        asked = sorted(names)
        output, finished = run_bounded([path, "-c", PROBE, *asked], self._timeout_s)
        line = next((line for line in output.splitlines() if line.startswith(MARK)), None)
        if line is None or not finished:
            return None
        try:
            found, managed, folders = json.loads(line[len(MARK) :])
            return {
                "asked": asked,
                "found": sorted(found),
                "managed": bool(managed),
                "settings": self._settings,
                "times": {str(place): _time(str(place)) for place in (path, *folders)},
            }
        except (ValueError, TypeError, RecursionError):
            return None


def _time(place: str) -> int | None:
    try:
        return Path(place).stat().st_mtime_ns
    except (OSError, ValueError):  # not there yet: such as the folder of a person's own installations
        return None
