"""Workloads and executors that other packages provide, beside those built in.

A package provides one by an entry point of the group `gil_tui.workloads` or `gil_tui.executors`, whose name
is what a person types and whose value is `module:Class`. Built-in names win.
"""

import contextlib
import functools
import importlib.util
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gil_tui.bench.executors.catalogue import CATALOGUE, ExecutorEntry
from gil_tui.bench.spec import Knob
from gil_tui.bench.workloads import WORKLOADS, catalogue, find
from gil_tui.bench.workloads.base import Workload

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

WORKLOAD_GROUP = "gil_tui.workloads"
EXECUTOR_GROUP = "gil_tui.executors"
NAME = re.compile(r"\w[\w+-]*")
EXECUTOR_METHODS = ("start", "warm", "run")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point: `target` is its `module:Class`, `folder` the one that has the module.

    `why` says what is wrong with it, empty if it can be used; then `provides` is the class.
    """

    group: str
    name: str
    target: str
    package: str
    folder: str = ""
    why: str = ""
    provides: Any = None


@functools.cache
def plugins() -> tuple[Plugin, ...]:
    """All plugins that are installed beside gil-tui, broken ones too; each is imported to know what it is."""
    from importlib.metadata import entry_points  # slow to import, and most need no plugin

    found: list[Plugin] = []
    taken: dict[str, str] = dict.fromkeys([*WORKLOADS, *CATALOGUE], "gil-tui itself")
    for group in (WORKLOAD_GROUP, EXECUTOR_GROUP):
        for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
            plugin = _plugin(entry, group, taken.get(entry.name))
            if not plugin.why:
                taken[plugin.name] = plugin.package
            found.append(plugin)
    return tuple(found)


def broken_plugins() -> tuple[Plugin, ...]:
    """Those that cannot be used, each with its `why`."""
    return tuple(plugin for plugin in plugins() if plugin.why)


def workload_called(name: str) -> type[Workload] | None:
    """The workload of that name, built in or of a plugin; plugins are not looked at for a built-in one."""
    if name in WORKLOADS:
        return find(name)
    return _usable(WORKLOAD_GROUP).get(name)


def workload_catalogue() -> list[type[Workload]]:
    """All workloads: the built-in ones, then those of plugins."""
    return [*catalogue(), *_usable(WORKLOAD_GROUP).values()]


def executor_called(name: str) -> ExecutorEntry | None:
    """The executor of that name (no start method behind it), built in or of a plugin."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    return executor_catalogue().get(name)


def executor_catalogue() -> dict[str, ExecutorEntry]:
    """All executors by name: the built-in ones, then those of plugins."""
    return CATALOGUE | {name: _entry(found) for name, found in _usable(EXECUTOR_GROUP).items()}


def plugins_named(names: Iterable[str]) -> dict[str, Plugin]:
    """Those of `names` that plugins provide."""
    wanted = set(names) - WORKLOADS.keys() - CATALOGUE.keys()
    if not wanted:
        return {}
    return {plugin.name: plugin for plugin in plugins() if not plugin.why and plugin.name in wanted}


def _usable(group: str) -> Mapping[str, Any]:
    return {plugin.name: plugin.provides for plugin in plugins() if plugin.group == group and not plugin.why}


def _entry(found: Any) -> ExecutorEntry:
    """What an executor's class says of itself, all of it optional."""
    names = ("workers_at_most", "start_methods", "needs", "oldest", "extra")
    said = {name: getattr(found, name) for name in names if hasattr(found, name)}
    return ExecutorEntry(getattr(found, "means", ""), found.__module__, found.__name__, **said)


def _plugin(entry: "EntryPoint", group: str, taken_by: str | None) -> Plugin:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""
    plugin = functools.partial(Plugin, group, entry.name, entry.value, package)
    if taken_by:
        return plugin(why=f"the name is taken by {taken_by}")
    if not NAME.fullmatch(entry.name):
        return plugin(why="its name may have letters, digits, _, + and - only")
    try:
        with _silence():
            folder = _folder_of(entry.module)
            provides = entry.load()
    except (Exception, SystemExit) as error:  # whatever somebody else's module does when it is imported
        return plugin(why=f"it cannot be loaded: {type(error).__name__}: {error}")
    faults = _workload_faults if group == WORKLOAD_GROUP else _executor_faults
    why = next(faults(provides, entry.name), "")
    return plugin(folder=folder, why=why, provides=None if why else provides)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What a module prints when it is imported belongs neither on a screen nor into a JSON document."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _folder_of(module: str) -> str:
    """The folder that has to be on the path for `module`, wherever it is installed, editable or not."""
    found = importlib.util.find_spec(module.partition(".")[0])
    if found is None:
        return ""
    if found.submodule_search_locations:
        return str(Path(next(iter(found.submodule_search_locations))).parent)
    return str(Path(found.origin).parent) if found.origin else ""


def _workload_faults(found: Any, name: str) -> Iterator[str]:
    if not (isinstance(found, type) and issubclass(found, Workload)):
        yield "it is no subclass of gil_tui.bench.workloads.base.Workload"
        return
    if found.name != name:
        yield f"its class calls itself {found.name!r}"
    if found.run is Workload.run:
        yield "its class does not say how a task is run"
    texts = (found.family, found.shows, found.size_unit, *found.needs)
    if not all(isinstance(text, str) for text in texts):
        yield "family, shows, size_unit and needs must be texts"
    if not all(isinstance(knob, Knob) for knob in found.knobs):
        yield "its knobs must be gil_tui.bench.spec.Knob"


def _executor_faults(found: Any, name: str) -> Iterator[str]:
    if not isinstance(found, type):
        yield "it is no class"
        return
    lacking = [method for method in EXECUTOR_METHODS if not callable(getattr(found, method, None))]
    if lacking:
        yield f"its class has no {', '.join(lacking)}"
