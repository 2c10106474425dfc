"""Keys and help in the language that is spoken, those of Textual's own widgets too.

The classes have their `BINDINGS`, `BINDING_GROUP_TITLE` and `HELP` in English, which is the key of their
translation. They are looked up when they are shown: on every screen of the application, by `SpokenScreen`
and `SpokenDialog`.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from gil_tui.language.spoken import say, say_in, to_say

T = TypeVar("T")
KEY_NAMES = (
    to_say("space"),
    to_say("esc"),
    to_say("del"),
    to_say("home"),
    to_say("end"),
    to_say("pgup"),
    to_say("pgdn"),
    to_say("shift"),
)
"""The words by which Textual names keys that have no sign."""


def spoken_binding(binding: Binding) -> Binding:
    """The key as a person reads of it."""
    does = say_in(binding.id or "", binding.description) if binding.description else ""
    return replace(binding, description=does, tooltip=_said(binding.tooltip))


def spoken_key(name: str) -> str:
    """What a key is called, as it is shown: `space`, `shift+end`."""
    return re.sub("[a-z]+", lambda word: say(word[0]) if word[0] in KEY_NAMES else word[0], name)


def spoken_bindings(active: Mapping[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    """The keys of a screen (`Screen.active_bindings`) as a person reads of them."""
    return {
        key: one._replace(binding=spoken_binding(one.binding), tooltip=_said(one.tooltip))
        for key, one in active.items()
    }


def speak_help(node: DOMNode) -> None:
    """Give a node, and those around it, title and help of its keys in the language that is spoken.

    Textual declares them for classes and reads them of instances.
    """
    for one in node.ancestors_with_self:
        kind = type(one)
        if kind.BINDING_GROUP_TITLE:
            one.BINDING_GROUP_TITLE = say(kind.BINDING_GROUP_TITLE)
        if issubclass(kind, Widget) and kind.HELP:
            vars(one)["HELP"] = say(inspect.cleandoc(kind.HELP))  # a class variable, read by instance


def _said(text: str) -> str:
    return say(text) if text else ""  # the empty message is the catalogue's header


class SpokenScreen(Screen[T]):
    """A screen whose keys and help are in the language that is spoken."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """What the keys do now: key bar, help panel and command palette read it."""
        return spoken_bindings(super().active_bindings)

    def watch_focused(self) -> None:
        """The help panel tells of what has the focus."""
        speak_help(self.focused or self)


class SpokenDialog(SpokenScreen[T], ModalScreen[T]):
    """A dialog whose keys and help are in the language that is spoken, and that is closed once.

    Two keys that come at once are both sent to the dialog that the first one closes, and Textual would
    then close what stands behind it.
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key acts on widgets that are still being made."""
        return super().check_action(action, parameters) if self.is_mounted else False

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """As Textual's own, while nothing else is in front."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
