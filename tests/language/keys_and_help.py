"""What the classes of the screen declare in English and show in the language that is spoken."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widget import Widget

from gil_tui import tui


def keys_and_help() -> set[str]:
    """Keys with their tooltips, titles of groups of keys, and help: of the screen's classes and Textual's."""
    return {text for kind in _kinds() for text in _declared(kind) if text}


def keys() -> list[Binding]:
    """The keys of the screen's classes and of Textual's."""
    bindings = (one for kind in _kinds() for one in vars(kind).get("BINDINGS", ()))
    return [one for one in bindings if isinstance(one, Binding)]


def _kinds() -> set[type[DOMNode]]:
    """The nodes that the screen's modules define or use, with what they inherit from."""
    modules = [module.name for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}.")]
    found = (one for name in modules for one in vars(importlib.import_module(name)).values())
    kinds = {one for one in found if isinstance(one, type) and issubclass(one, DOMNode)}
    # Textual's own keys of an application are those of the system, or bound anew by this one.
    return {base for kind in kinds for base in kind.__mro__ if issubclass(base, DOMNode)} - {App}


def _declared(kind: type[DOMNode]) -> Iterator[str]:
    for binding in vars(kind).get("BINDINGS", ()):
        if isinstance(binding, Binding):
            yield from () if binding.system else (binding.description, binding.tooltip)
        else:
            yield binding[2]
    yield vars(kind).get("BINDING_GROUP_TITLE") or ""
    if issubclass(kind, Widget):
        yield inspect.cleandoc(vars(kind).get("HELP") or "")
