"""Whether this process has a GIL, and which module's import switched it on."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Union

    Gil = Union[bool, str]
    """Whether there is a GIL, or the name of the module whose import switched it on."""

_is_enabled: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
_switched_on_by = ""


def gil_enabled() -> Gil:
    """Whether this process has a GIL now: the module that brought it, where a free-threaded build has one."""
    return _is_enabled() and (_switched_on_by or True)


def watch_imports() -> None:
    """Remember from now on the module whose import switches the GIL on; nothing to do where it is on.

    CPython says so in a warning, but whoever runs here may filter, record or raise warnings: these stay as
    they are, and the GIL is looked at before and after each extension module is loaded.
    """
    if _is_enabled():
        return
    from importlib.machinery import ExtensionFileLoader

    loader: Any = ExtensionFileLoader
    if not hasattr(loader.create_module, "watches_gil"):
        loader.create_module = _watched(loader.create_module)
        loader.exec_module = _watched(loader.exec_module)


def _watched(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def watched(loader: Any, subject: Any) -> Any:
        global _switched_on_by
        was_enabled = _is_enabled()
        try:
            return method(loader, subject)
        finally:
            if not was_enabled and _is_enabled():
                _switched_on_by = _switched_on_by or loader.name

    watched.watches_gil = True  # type: ignore[attr-defined]
    return watched
