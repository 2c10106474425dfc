"""Every text is in the catalogue, and says with the same figures what the English one says."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.language import LANGUAGES, language_called
from gil_tui.language.catalogue import Entry, compiled, entries_of, entries_of_language
from gil_tui.language.sentences import SENTENCE
from gil_tui.report.besides import COUNTED, STATES
from gil_tui.report.chapters.pictures import LAWS
from gil_tui.report.chapters.summary import LABELS
from gil_tui.report.comparison import HEADING as COMPARED
from gil_tui.report.recommendation import HEADING as FORETOLD
from gil_tui.report.recommendation import LABELS as RECOMMENDED
from gil_tui.report.run import TRIALS_HEADING
from gil_tui.report.selftest import HEADING as CHECKED
from gil_tui.report.sweep import HEADING
from gil_tui.tui.settings import GENERAL, SETTINGS
from gil_tui.verdict.comparison import OUTCOMES
from gil_tui.verdict.model import CODES
from tests.language.choices import choices
from tests.language.keys_and_help import keys, keys_and_help

PACKAGE = Path(__file__).parents[2] / "gil_tui"
ENTRIES = entries_of_language("fr")[1:]
SPEAKING = ("say", "some", "to_say")
SPEAKING_ROOMS = ("report", "tui")
"""Rooms all of whose texts are in the catalogue, and `text.py`."""
LIMITED_BY = ("online", "affinity", "quota", "host", "cgroup")
STATUSES = ("running", "done", "interrupted", "failed", "timeout", "unavailable")
CHOSEN_BY_DATA = {
    *CODES.values(), *STATES.values(), *COUNTED.values(), *LABELS.values(), *LAWS.values(), *HEADING,
    *TRIALS_HEADING, *STATUSES, *LIMITED_BY, *COMPARED, *FORETOLD, *RECOMMENDED, *CHECKED,
}  # fmt: skip
"""Texts that are looked up by what was measured."""


def spoken() -> Iterator[tuple[str, ...]]:
    """The texts that the sources say: `say("…")`, `some("…", "…", n)`, and headings before `map(say, …)`."""
    rooms = sorted(path for room in SPEAKING_ROOMS for path in (PACKAGE / room).rglob("*.py"))
    for path in (*rooms, PACKAGE / "text.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and not _is_another(node):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                name = node.func.id if isinstance(node.func, ast.Name) else name
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if name in SPEAKING and texts and isinstance(texts[0], str):
                    yield tuple(text for text in texts[: 1 + (name == "some")] if isinstance(text, str))
        if "map(speak.say, " in path.read_text("utf-8"):
            yield from ((text,) for text in _headings(tree))


def _is_another(node: ast.Call) -> bool:
    """`words.some` is a count with its noun; what the key bar is told begins with an action's name."""
    owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    return owner == "words" or owner.endswith("KeyBar)")


def _headings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Assign) and _name(node) in ("heading", "workers") else None
        mapped = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "map"
        if mapped and isinstance(node, ast.Call):
            value = node.args[1]
        if isinstance(value, ast.Tuple):
            yield from (
                one.value
                for one in value.elts
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )


def _name(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_no_text_is_missed() -> None:
    looked_up = CHOSEN_BY_DATA | keys_and_help() | choices()
    wanted = {*((text,) for text in looked_up), *spoken()}
    known = {
        (one.message, one.plural) if one.plural else (one.message,) for one in ENTRIES if not one.context
    }
    assert len(wanted) > 150
    assert wanted - known == set()
    assert known - wanted == set(), "what nobody says need not be translated"


def test_words_of_their_own_are_those_of_a_key_or_a_setting() -> None:
    own = {(one.context, one.message) for one in ENTRIES if one.context not in ("", SENTENCE)}
    fields = {(SETTINGS, field.name) for field in GENERAL}
    assert own
    assert own - {(key.id or "", key.description) for key in keys()} - fields == set()
    assert language_called("fr").say_in("lab.run", "Run") == "Lancer"
    assert language_called("fr").say_in("lab.stop", "Stop") == language_called("fr").say("Stop")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one.message[:50])
def test_a_translation_has_the_same_figures(entry: Entry) -> None:
    forms = list(entry.texts.values())
    assert all(forms), "not translated"
    assert not entry.flags & {"fuzzy"}
    for text in forms:
        assert placeholders(text) == placeholders(entry.message)
    if entry.plural:
        assert placeholders(entry.plural) == placeholders(entry.message)
        assert len(forms) == 2


def test_nothing_stands_twice() -> None:
    keys = [one.key for one in ENTRIES]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("path", sorted((PACKAGE / "language").glob("*/*.po")), ids=lambda path: path.name)
def test_the_standard_tool_has_no_complaint(path: Path) -> None:
    if shutil.which("msgfmt") is None:
        pytest.skip("msgfmt is not installed: apt-get install gettext")
    checked = subprocess.run(
        ["msgfmt", "--check-format", "--check-domain", "-o", "/dev/null", str(path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_language_has_its_catalogue() -> None:
    for code in LANGUAGES:
        language = language_called(code)
        assert language.say("Summary")
        assert language.some("{count} worker", "{count} workers", 3)
    assert language_called("fr").say("Summary") == "Synthèse"


def prose() -> Iterator[tuple[str, str]]:
    """Pieces of the sentences that `verdict/` makes, each with its file: what stands between the figures."""
    for path in sorted((PACKAGE / "verdict").glob("*.py")):
        if path.name in SAYING_NOTHING:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        silent = {id(part) for node in ast.walk(tree) for part in _silent(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
                piece = node.value.strip(" .;:,()")
                if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", piece):
                    yield path.name, piece


def _silent(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings and texts of errors, which no verdict says."""
    if isinstance(node, ast.Expr):
        yield node.value
    if isinstance(node, ast.Raise):
        yield from ast.walk(node)


SAYING_NOTHING = {"model.py"}
"""The words of the codes, which are `say` ones."""
IN_CODE = re.compile(r"Py_BEGIN|^\w+\.\w+$")
AFTER_A_FIGURE = re.compile(r"^(x|processes,) ")
SAID_NOWHERE = ("locks between workers, disks and servers", "gil-tui watch", *OUTCOMES.values())
"""What a document holds besides, a command, and what the outcomes of a comparison mean."""


def test_every_piece_of_a_verdict_is_in_a_template() -> None:
    known = "\n".join(re.sub(r"\{\w+\}", "\v", one.message) for one in ENTRIES if one.context == SENTENCE)
    missed = {}
    for file, piece in prose():
        parts = re.split(r"; |\. |: |, (?=with)", piece)
        parts = [AFTER_A_FIGURE.sub("", part.strip(" .;:,()`")) for part in parts]
        missing = [part for part in parts if not _is_known(part, known) and not IN_CODE.search(part)]
        if missing and not piece.startswith(SAID_NOWHERE):
            missed[f"{file}: {piece}"] = missing
    assert missed == {}


def _is_known(piece: str, known: str) -> bool:
    """A comma may stand between two templates."""
    return piece in known or all(part in known for part in piece.split(", "))


def test_a_po_file_is_read_as_gettext_does() -> None:
    po = """
    # a comment
    msgid ""
    msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n > 1);\\n"

    msgctxt "verdict"
    msgid "one "
    "two\\n"
    msgstr "un \\"deux\\"\\n"

    #, fuzzy
    msgid "left out"
    msgstr "omis"

    msgid "{n} day"
    msgid_plural "{n} days"
    msgstr[0] "{n} jour"
    msgstr[1] "{n} jours"
    """
    found = compiled(entries_of(po))
    assert found.pgettext("verdict", "one two\n") == 'un "deux"\n'
    assert found.gettext("left out") == "left out"
    assert [found.ngettext("{n} day", "{n} days", n) for n in (0, 1, 2)] == [
        "{n} jour",
        "{n} jour",
        "{n} jours",
    ]


def test_what_is_no_po_file_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        entries_of('msgid "a"\nnonsense\n')
