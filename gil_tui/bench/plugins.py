"""Workloads and executors that others provide, loaded where gil-tui itself need not be installed."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys

from .failures import JobError, caused, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Sequence

REAL_NAME = "gil_tui.bench"
"""What a plugin knows this package as; in the child it has another name."""
SHARED = (
    "failures",
    "gil",
    "spec",
    "workloads",
    "workloads.base",
    "workloads.checksums",
    "executors",
    "executors.base",
    "executors.pools",
    "executors.work",
)
"""What a plugin may import of it: these modules exist once, whatever they are called."""


def load_plugin(spec: str, folders: Sequence[str]) -> type:
    """The class that `spec` names, as `module:Class`.

    Its module is this interpreter's own if it has one, else it is taken from the first of `folders` that
    does; nothing else in them can be imported. JobError `import` and `missing` say what is wrong with it,
    `unavailable` names the module that it wants and this interpreter lacks.
    """
    module_name, _, class_name = spec.partition(":")
    _stand_in()
    top = module_name.partition(".")[0]
    if top not in sys.modules and importlib.util.find_spec(top) is None:
        sys.meta_path.append(_Lent(top, folders))
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        wanted = (error.name or "").partition(".")[0]
        if wanted in ("", top, "gil_tui"):
            raise caused("import", error, "cannot import %s" % module_name)
        remedy = "%s -m pip install %s" % (sys.executable, wanted)
        raise JobError("unavailable", "%s needs %s: %s" % (spec, wanted, remedy))
    except BaseException as error:
        raise caused("import", error, "cannot import %s" % module_name)
    for name in class_name.split("."):
        if not hasattr(found, name):
            near = nearest(name, dir(found))
            raise JobError("missing", "%s has no class %s%s" % (module_name, class_name, near))
        found = getattr(found, name)
    if not isinstance(found, type):
        raise JobError("missing", "%s is no class" % spec)
    return found


class _Lent:
    """Finds one top-level module in `folders`, after all other places; its own parts follow from it."""

    def __init__(self, top: str, folders: Sequence[str]) -> None:
        self._top = top
        self._folders = list(folders)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[Any]:
        """What the import system asks of every finder."""
        if name != self._top:
            return None
        return importlib.machinery.PathFinder.find_spec(name, self._folders)


def _stand_in() -> None:
    """Have `gil_tui.bench` mean this package: another copy's errors and classes would not be ours."""
    if __package__ == REAL_NAME or REAL_NAME in sys.modules:
        return
    assert __package__ is not None
    root: Any = type(sys)("gil_tui")
    root.__path__ = []
    root.bench = importlib.import_module(__package__)
    sys.modules["gil_tui"] = root
    sys.modules[REAL_NAME] = root.bench
    for name in SHARED:
        sys.modules["%s.%s" % (REAL_NAME, name)] = importlib.import_module("." + name, __package__)
