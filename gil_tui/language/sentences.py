"""Words of a verdict in another language: its figures are read out of them and put into the translation.

What a verdict says is made, kept in the history and printed in English, with the figures in it. The catalogue
has the parts of such sentences as templates under the context `verdict`. A placeholder says by its name what
may stand there, a number may follow the name:

==========  ======================================================================================
`figure`    a number with its unit, or an interval of two
`name`      a name that is the same in every language: `threads x4`, `CPython 3.13.2`, `render`
`error`     the words of a program, to the end of the text
`text`      a part that is translated by another template
==========  ======================================================================================
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

SENTENCE = "verdict"
SEPARATORS = (". ", ", ", " and ")
MOST_PARTS = 150
"""No sentence of a verdict has more; what else may come along is not taken apart."""
BETWEEN = {" and ": " et ", "; ": "\u202f; "}
PLACE = ("` in ", "` dans ")
"""Between a function and its file, in a name: `render` in views.py."""

_PLACEHOLDER = re.compile(r"\{([a-z]+)(\d*)\}")
_AMOUNT = r"[-+]?\d[\d,]*(?:\.\d+)?(?:x|/s| ?(?:%|ms|µs|ns|s|[kMG]?B|GHz)(?![\w]))?"
_KINDS = {
    "figure": _AMOUNT,
    "name": r"(?:`[^`]+`(?: in \S+)?|\S+?(?: (?:x\d+|\d\S*?|\+\S+?))*)",
    "error": r".+",
    "text": r".+?",
}
_FIGURE = re.compile(_AMOUNT)


class Template:
    """A sentence with placeholders and its translation; the pattern is made when it is first needed."""

    def __init__(self, english: str, own: str) -> None:
        self.english, self.own = english, own
        self.start, *self._middle, self._end = _PLACEHOLDER.sub("\0", english).split("\0")

    def found_in(self, text: str) -> re.Match[str] | None:
        """The parts of the text that stand where the placeholders do."""
        if not (text.startswith(self.start) and text.endswith(self._end)):
            return None
        if not all(piece in text for piece in self._middle):
            return None
        return self._pattern.fullmatch(text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return pattern_of(self.english)


class Sentences:
    """The templates of one language: English to its own, figures written by `figure`."""

    def __init__(self, templates: Mapping[str, str], figure: Callable[[str], str]) -> None:
        ordered = sorted(templates.items(), key=lambda pair: _precision(pair[0]))
        self._whole = {english: own for english, own in ordered if "{" not in english}
        known = [Template(english, own) for english, own in ordered if "{" in english]
        first = {template.start[:1] for template in known} | {""}
        self._by_first = {letter: [one for one in known if one.start[:1] in ("", letter)] for letter in first}
        self._figure = figure
        self._known: dict[str, str | None] = {}

    def translated(self, text: str) -> str | None:
        """The text in the other language; None where a part of it is in no template."""
        if text not in self._known:
            self._known[text] = next(self._ways(text), None)
        return self._known[text]

    def _ways(self, text: str) -> Iterator[str]:
        if text in self._whole:
            yield self._whole[text]
        sentences = text.split(". ")
        said = [self.translated(one) for one in sentences] if len(sentences) > 1 else []
        if said and None not in said:
            yield ". ".join(
                _capital(own) if one[:1].isupper() else own
                for one, own in zip(sentences, said, strict=True)
                if own is not None
            )
        if sum(text.count(separator) for separator in ("; ", *SEPARATORS)) > MOST_PARTS:
            return
        if _FIGURE.fullmatch(text):
            yield self._figure(text)
        yield from self._joined(text, "; ")
        for template in self._by_first.get(text[:1], self._by_first[""]):
            found = template.found_in(text)
            parts = self._parts(found.groupdict()) if found else None
            if parts is not None:
                yield template.own.format(**parts)
        for separator in SEPARATORS:
            yield from self._joined(text, separator)

    def _joined(self, text: str, separator: str) -> Iterator[str]:
        """The text cut in two where the separator stands, if both halves are known."""
        for head, tail in _cuts(text, separator):
            first = self.translated(head)
            rest = self.translated(tail) if first is not None else None
            if rest is not None:
                between = BETWEEN.get(separator, separator)
                yield f"{first}{between}{_capital(rest) if tail[:1].isupper() else rest}"

    def _parts(self, groups: Mapping[str, str]) -> dict[str, str] | None:
        parts = {}
        for name, text in groups.items():
            kind = name.rstrip("0123456789")
            own: str | None = text
            if kind == "figure":
                own = self._figure(text)
            elif kind == "text":
                own = self.translated(text)
            elif kind == "name":
                own = text.replace(*PLACE)
            if own is None:
                return None
            parts[name] = own
        return parts


def pattern_of(template: str) -> re.Pattern[str]:
    """What matches the sentences made from a template, a group for each placeholder.

    Raises KeyError for a placeholder of no kind.
    """
    parts, place = [], 0
    for found in _PLACEHOLDER.finditer(template):
        parts.append(re.escape(template[place : found.start()]))
        parts.append(f"(?P<{found[1]}{found[2]}>{_KINDS[found[1]]})")
        place = found.end()
    return re.compile("".join([*parts, re.escape(template[place:])]), re.DOTALL)


def _precision(english: str) -> tuple[int, bool, bool]:
    """Sorts the template first that says most itself.

    Among equals one that translates a part comes before one that takes a name, which takes any word, and one
    that takes any words is last.
    """
    return -len(_PLACEHOLDER.sub("", english)), "{error" in english, "{text" not in english


def _cuts(text: str, separator: str) -> Iterator[tuple[str, str]]:
    """Both sides of each place where the separator stands."""
    place = text.find(separator)
    while place > 0:
        yield text[:place], text[place + len(separator) :]
        place = text.find(separator, place + 1)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
