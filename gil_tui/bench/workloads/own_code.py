"""The user's module and function, imported in the child only."""

from __future__ import annotations

import os
import sys

from ..failures import JobError, caused, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Tuple

    Function = Callable[..., Any]


def load_function(target: str, directory: str) -> Tuple[ModuleType, Function]:
    """What `package.module:function` or `path/file.py:function` means, seen from `directory`.

    JobError `import` for a module that cannot be imported, `missing` for a function that is not there.
    """
    module_name, _, function_name = target.rpartition(":")
    folder = os.path.abspath(directory)
    _make_importable(folder)
    module = _load(module_name, folder)
    return module, _look_up(module, module_name, function_name)


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
