"""Which language is spoken, and how a text is said in it."""

import locale
import os
import re
from collections.abc import Mapping
from functools import cache, cached_property
from gettext import NullTranslations

from gil_tui.language.catalogue import compiled, entries_of_language
from gil_tui.language.sentences import SENTENCE, Sentences

LANGUAGES = {"en": "English", "fr": "français"}
"""Code of each language, and its own name."""
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_UNIT = re.compile(r"(?<=[\d\u202f]) (?=[%a-zA-Zµ])|(?<=\d)(?=%)")
_BYTES = re.compile(r"(?<=[\u00a0\u202fkMG])B\b")
_FACTOR = re.compile(r"(?<=\d)x(?!\w)")


class Language:
    """One language: `say` a text of the application, a `sentence` of a verdict, a `figure` with its unit."""

    def __init__(self, code: str) -> None:
        """`code` is one of `LANGUAGES`."""
        self.code = code
        self._entries = [] if code == "en" else entries_of_language(code)
        self._catalogue = compiled(self._entries) if self._entries else NullTranslations()

    def say(self, message: str, /, **values: object) -> str:
        """The text, with its placeholders filled in; in English where the catalogue lacks it."""
        text = self._catalogue.gettext(message)
        return text.format(**values) if values else text

    def say_in(self, context: str, message: str) -> str:
        """The text in words of its own where the catalogue has some for this context, otherwise as ever.

        `Run` may be what a key does and what a table lists: the context of a key is its id.
        """
        own = self._catalogue.pgettext(context, message)
        return self.say(message) if own == message else own

    def some(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The text that goes with `count`, which fills the placeholder of that name."""
        return self._catalogue.ngettext(one, many, count).format(count=count, **values)

    def sentence(self, text: str) -> str | None:
        """Words of a verdict, which came in English with their figures in them; None where they are unknown.

        Every figure of the text stands in the answer, as this language writes it.
        """
        return text if self.code == "en" or not text else self._sentences.translated(text)

    def figure(self, text: str) -> str:
        """A figure with its unit as this language writes it: `1,234.5 MB` is `1 234,5 Mo` in French."""
        return french_figure(text) if self.code == "fr" else text

    @cached_property
    def _sentences(self) -> Sentences:
        pairs = {
            entry.message: entry.texts.get(0, "") for entry in self._entries if entry.context == SENTENCE
        }
        return Sentences(pairs, self.figure)


def french_figure(text: str) -> str:
    """Comma for the point, a thin space between thousands, a space that does not break before the unit."""
    spaced = _GROUPED.sub("\u202f", text)
    spaced = _UNIT.sub("\u00a0", _POINT.sub(",", spaced))
    return _FACTOR.sub("\u00a0×", _BYTES.sub("o", spaced))


@cache
def language_called(code: str) -> Language:
    """The language of this code; raises KeyError for one that is not spoken."""
    LANGUAGES[code]
    return Language(code)


def language_for(asked: str = "", environ: Mapping[str, str] | None = None) -> Language:
    """The language asked for, else that of the locale, else English.

    The locale is the first of LC_ALL, LC_MESSAGES and LANG that is set (POSIX, 8.2).
    """
    environ = os.environ if environ is None else environ
    wanted = asked or next((environ[name] for name in VARIABLES if environ.get(name)), "")
    code = locale.normalize(wanted).partition(".")[0].partition("_")[0].lower()
    return language_called(code if code in LANGUAGES else "en")
