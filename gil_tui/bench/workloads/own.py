"""The user's own function: imported in the child only, called by every task, its result a checksum."""

from __future__ import annotations

import os
import sys
import threading

from ..failures import JobError, caused, nearest
from .base import Workload
from .checksums import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Tuple

    Function = Callable[..., Any]


class Own(Workload):
    """`package.module:function` or `path/file.py:function`, sync or async, taking nothing or a number."""

    family = "own"
    shows = "Your own function, called with the number of the task if it takes one."
    size_unit = "calls"

    def __init__(self, target: str, directory: str) -> None:
        super().__init__({}, {})
        self.name = target
        sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)  # as the user wants it for own code
        module_name, _, function_name = target.rpartition(":")
        folder = os.path.abspath(directory)
        _make_importable(folder)
        module = _load(module_name, folder)
        self._function = _look_up(module, module_name, function_name)
        self.is_async, self._takes_number = _shape(self._function, target)
        self._here = threading.local()

    def run(self, size: int, number: int) -> int:
        """Call the function `size` times, an async one on this worker's own event loop."""
        if self.is_async:
            return int(self._loop().run_until_complete(self.run_async(size, number)))
        function, arguments = self._function, self._arguments(number)
        value = None
        for _ in range(size):
            value = function(*arguments)
        if type(value).__name__ == "coroutine":
            raise JobError(
                "usage", "%s returns a coroutine that nobody awaits: make it async itself" % self.name
            )
        return checksum(value)

    async def run_async(self, size: int, number: int) -> int:
        """Call the function `size` times; a sync one holds the event loop up."""
        if not self.is_async:
            return self.run(size, number)
        function, arguments = self._function, self._arguments(number)
        value = None
        for _ in range(size):
            value = await function(*arguments)
        return checksum(value)

    def _arguments(self, number: int) -> Tuple[int, ...]:
        return (number,) if self._takes_number else ()

    def _loop(self) -> Any:
        import asyncio

        if not hasattr(self._here, "loop"):
            self._here.loop = asyncio.new_event_loop()
        return self._here.loop


def _make_importable(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _load(name: str, directory: str) -> ModuleType:
    """Import a module by its name or its file; JobError `import` whatever it raises, SystemExit too."""
    try:
        if name.endswith(".py") or os.sep in name:
            return _load_file(os.path.join(directory, os.path.expanduser(name)), name)
        import importlib

        return importlib.import_module(name)
    except JobError:
        raise
    except BaseException as error:
        raise caused("import", error, "cannot import %s" % name)


def _load_file(path: str, shown: str) -> ModuleType:
    """Under the name that `import` would give it, unless something else has that name already."""
    import importlib.util

    if not os.path.isfile(path):
        raise JobError("import", "there is no file %s" % shown)
    path = os.path.realpath(path)
    _make_importable(os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    if loaded is not None or not name.isidentifier():
        name = "own:" + name
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise JobError("import", "%s is not a Python file" % shown)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _look_up(module: ModuleType, module_name: str, dotted: str) -> Function:
    found: Any = module
    for name in dotted.split("."):
        if not hasattr(found, name):
            near = nearest(name, [known for known in dir(found) if callable(getattr(found, known, None))])
            raise JobError("missing", "%s has no function %s%s" % (module_name, dotted, near))
        found = getattr(found, name)
    if not callable(found):
        kind = type(found).__name__
        raise JobError("missing", "%s in %s cannot be called, it is of type %s" % (dotted, module_name, kind))
    function: Function = found
    return function


def _shape(function: Function, target: str) -> Tuple[bool, bool]:
    """Whether it is async, and whether it takes the task's number; JobError `usage` if it takes more."""
    import inspect

    forms = (function, type(function).__call__)  # the latter for objects that can be called
    if any(inspect.isgeneratorfunction(form) or inspect.isasyncgenfunction(form) for form in forms):
        raise JobError("usage", "%s is a generator function: calling it runs nothing of it" % target)
    is_async = any(inspect.iscoroutinefunction(form) for form in forms)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions written in C do not tell
        return is_async, False
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    required = [p for p in parameters if p.default is p.empty and p.kind not in many]
    if len(required) > 1 or any(p.kind is p.KEYWORD_ONLY for p in required):
        names = ", ".join(p.name for p in required)
        raise JobError("usage", "%s needs %s: it must take nothing or the task's number" % (target, names))
    return is_async, bool(required)
