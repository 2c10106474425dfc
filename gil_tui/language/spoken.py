"""The language of this process: English until somebody is to read another.

What is kept, printed for machines or written to a ticket stays English; the screen asks for the language of
the person before it, once, when it starts.
"""

from gil_tui.language.speech import Language, language_called

_spoken = language_called("en")


def speak(language: Language) -> None:
    """Speak this language from now on."""
    global _spoken
    _spoken = language


def spoken() -> Language:
    """The language that is spoken."""
    return _spoken


def to_say(message: str) -> str:
    """A text that is said later, such as that of a constant: looked up when it is shown, by `say`."""
    return message


def say(message: str, /, **values: object) -> str:
    """The text in the language that is spoken, with its placeholders filled in."""
    return _spoken.say(message, **values)


def say_in(context: str, message: str) -> str:
    """The text in words of its own where there are some for this context."""
    return _spoken.say_in(context, message)


def some(one: str, many: str, count: int, /, **values: object) -> str:
    """The text that goes with `count`, which fills the placeholder of that name."""
    return _spoken.some(one, many, count, **values)


def sentence(text: str) -> str:
    """Words of a verdict; those that this language has no words for stay English."""
    return _spoken.sentence(text) or text


def figure(text: str) -> str:
    """A figure with its unit as the language writes it."""
    return _spoken.figure(text)
