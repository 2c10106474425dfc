"""What can be run: the built-in workloads and the user's own code."""

from __future__ import annotations

from ..failures import JobError, nearest
from ..gil import watch_imports
from .base import Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional, Tuple, Type

    from ..spec import Knob, KnobValue

    Settings = Tuple[Tuple[str, KnobValue], ...]

WORKLOADS = {
    "countdown": ("cpu", "Countdown"),
    "primes": ("cpu", "Primes"),
    "json": ("cpu", "Json"),
    "regex": ("cpu", "Regex"),
    "mandelbrot": ("cpu", "Mandelbrot"),
    "sha256": ("native", "Sha256"),
    "zlib": ("native", "Zlib"),
    "numpy_matmul": ("numeric", "NumpyMatmul"),
    "numpy_ufunc": ("numeric", "NumpyUfunc"),
    "pandas_groupby": ("numeric", "PandasGroupby"),
    "sqlite": ("native", "Sqlite"),
    "loop_python": ("extension", "LoopPython"),
    "loop_numpy": ("extension", "LoopNumpy"),
    "loop_c_held": ("extension", "LoopCHeld"),
    "loop_c_released": ("extension", "LoopCReleased"),
    "loop_cython": ("extension", "LoopCython"),
    "loop_cython_nogil": ("extension", "LoopCythonNogil"),
    "sleep": ("io", "Sleep"),
    "http": ("io", "Http"),
    "files": ("files", "Files"),
    "csv": ("files", "Csv"),
    "lock_contended": ("locks", "LockContended"),
    "lock_free": ("locks", "LockFree"),
    "queue": ("queues", "Queue"),
    "web": ("mixed", "Web"),
    "convoy": ("mixed", "Convoy"),
}
"""Built-in workloads by name: where each is defined. Nothing is imported before it is asked for."""


def find(name: str) -> Optional[Type[Workload]]:
    """The built-in workload called `name`, None if there is none."""
    if name not in WORKLOADS:
        return None
    import importlib

    file, class_name = WORKLOADS[name]
    found: Type[Workload] = getattr(importlib.import_module("." + file, __name__), class_name)
    return found


def catalogue() -> List[Type[Workload]]:
    """All built-in workloads: name, family, what each shows, its size's unit and its knobs."""
    return [workload for workload in map(find, WORKLOADS) if workload is not None]


def own_knobs() -> Tuple[Knob, ...]:
    """What can be set of the user's own function."""
    from .own import Own

    return Own.knobs


def is_own(target: str) -> bool:
    """Whether `target` means the user's own function: `package.module:function` or `file.py:function`."""
    module, colon, function = target.rpartition(":")
    return bool(module and colon and function)


def load(name: str, knobs: Settings, directory: str, facts: Optional[Mapping[str, Any]] = None) -> Workload:
    """A workload, built-in, a plugin's or the user's own, ready to run in this process.

    `facts` are those of the instance that was prepared in the experiment's process; there they are what
    the job says of `executor` and `workers`, and of plugins if there are any. JobError `usage` for a name or
    a setting that does not exist, `unavailable` where this interpreter lacks what it takes; `import` and
    `missing` for others' code.
    """
    watch_imports()
    if is_own(name):
        from .own import Own

        return Own(name, directory, _settings(Own.knobs, knobs, name), facts or {})
    workload = find(name) or _provided(name, facts or {})
    if workload is None:
        raise JobError("usage", "there is no workload %s%s" % (name, nearest(name, list(WORKLOADS))))
    _refuse_what_is_missing(workload)
    return workload(_settings(workload.knobs, knobs, name), facts or {})


def _provided(name: str, facts: Mapping[str, Any]) -> Optional[Type[Workload]]:
    """The workload of that name among the plugins of the job."""
    spec = facts.get("plugins", {}).get(name)
    if spec is None:
        return None
    from ..plugins import load_plugin

    found: Type[Workload] = load_plugin(spec, facts["plugin_folders"])
    return found


def _refuse_what_is_missing(workload: Type[Workload]) -> None:
    import importlib.util

    missing = [name for name in workload.needs if importlib.util.find_spec(name) is None]
    if missing:
        import sys

        what, remedy = " and ".join(missing), "%s -m pip install %s" % (sys.executable, " ".join(missing))
        raise JobError("unavailable", "%s needs %s: %s" % (workload.name, what, remedy))
    lacks = workload.lacks()
    if lacks:
        raise JobError("unavailable", "%s needs %s: %s" % (workload.name, *lacks))


def _settings(knobs: Tuple[Knob, ...], given: Settings, name: str) -> Dict[str, KnobValue]:
    settings = {knob.name: knob.default for knob in knobs}
    for knob_name, value in given:
        if knob_name not in settings:
            raise JobError(
                "usage", "%s has no knob %s%s" % (name, knob_name, nearest(knob_name, list(settings)))
            )
        settings[knob_name] = _like(settings[knob_name], value, "%s of %s" % (knob_name, name))
    return settings


def _like(default: KnobValue, value: KnobValue, what: str) -> KnobValue:
    """`value` if it is of the default's type; no number may be negative."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise JobError("usage", "%s must be a %s, not %r" % (what, type(default).__name__, value))
    if isinstance(value, (int, float)) and not 0 <= value < float("inf"):
        raise JobError("usage", "%s must not be negative or infinite: %r" % (what, value))
    return value
