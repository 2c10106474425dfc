"""Brings this package to processes that do not have it: its sources travel, and are imported from memory."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

    Sources = Dict[str, Tuple[str, str]]
    """By module, relative to the package: the file it is from, and its text."""

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def packed() -> Tuple[str, Sources]:
    """A name for this package that differs when its text does, and its sources."""
    import hashlib

    sources: Sources = {}
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(FOLDER):
        folders.sort()
        for file in sorted(files):
            if not file.endswith(".py") or file == "__main__.py":
                continue
            path = os.path.join(folder, file)
            with open(path, encoding="utf-8") as stream:
                text = stream.read()
            module = os.path.relpath(path, FOLDER)[: -len(".py")].replace(os.sep, ".")
            sources[("." + module).replace(".__init__", "")[1:]] = path, text
            digest.update(text.encode())
    return "gil_tui_bench_" + digest.hexdigest()[:12], sources


def unpacker() -> Callable[[str, Sources], None]:
    """A function that makes a package of such sources importable where it is called.

    It is one that cannot be pickled by its name, so that cloudpickle sends it whole.
    """

    def unpack(package: str, sources: Sources) -> None:
        import importlib.util
        import sys

        if package in sys.modules:
            return

        class Unpacked:
            """Finds and loads the modules of the package."""

            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
                if (name + ".").startswith(package + ".") and self._key(name) in sources:
                    spec: Any = importlib.util.spec_from_loader
                    origin = sources[self._key(name)][0]
                    return spec(name, self, origin=origin, is_package=origin.endswith("__init__.py"))
                return None

            def create_module(self, spec: Any) -> None:
                return None

            def exec_module(self, module: Any) -> None:
                module.__file__, text = sources[self._key(module.__name__)]
                exec(compile(text, module.__file__, "exec"), vars(module))

            def get_source(self, name: str) -> str:
                return sources[self._key(name)][1]

            def _key(self, name: str) -> str:
                return name[len(package) + 1 :]

        finder: Any = Unpacked()
        sys.meta_path.append(finder)
        __import__(package)

    return unpack


def caller(package: str, function: str) -> Callable[..., Any]:
    """A function that calls one of `far` in such a package, where it was unpacked.

    A Dask worker is handed over as the first argument, where Dask hands it over to whom takes `dask_worker`.
    """

    def call(*arguments: Any, dask_worker: Any = None) -> Any:
        import importlib

        far: Any = importlib.import_module(package + ".executors.far")
        try:
            return getattr(far, function)(*([dask_worker] if dask_worker else []), *arguments)
        except BaseException as error:
            told = far.told(error)
        raise told  # out here it has no context, which could not be read elsewhere

    return call
