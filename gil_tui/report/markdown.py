"""A document as Markdown (CommonMark with GitHub's tables), its pictures in files beside it."""

import re
from collections.abc import Iterator, Mapping

from gil_tui.report.document import (
    Block,
    Bullets,
    Document,
    English,
    Figure,
    Heading,
    Listing,
    Pairs,
    Paragraph,
    Table,
    Typed,
    printable,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$^=-])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LINKED = re.compile(r"(?i)(?<=www)\.|(?<=http):|(?<=https):|(?<=ftp):|(?<=mailto):|@")
"""What GitHub makes a link or a mention of without any mark."""
_NUMBERED = re.compile(r"^(\s*\d+)\.")


def markdown_text(document: Document, files: Mapping[str, str]) -> str:
    """The whole file; `files` names the file of each picture."""
    parts = [
        f"<!-- {_comment(document.generator)} -->",
        f"# {_inline(document.title)}",
        _inline(document.about),
    ]
    parts += [part for block in document.blocks for part in _block(block, files)]
    parts += ["---", _inline(document.made_by)] if document.made_by else []
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """The text as Markdown that shows exactly these characters, on one line."""
    text = " ".join(printable(text.replace("\n", " ")).split(" "))
    entities = "".join(_ENTITIES.get(character, character) for character in text)
    linked = _LINKED.sub(lambda found: f"&#{ord(found[0])};", entities)
    return _NUMBERED.sub(r"\1\\.", _SPECIAL.sub(lambda found: _mark(found, linked), linked))


def _mark(found: re.Match[str], text: str) -> str:
    """A backslash before what is special, but for the # of an entity made here."""
    return found[0] if found[0] == "#" and text[: found.start()].endswith("&") else f"\\{found[0]}"


def _inline(text: str) -> str:
    if isinstance(text, Typed):
        return _typed(text)
    return f'<span lang="en">{escaped(text)}</span>' if isinstance(text, English) else escaped(text)


def _typed(text: str) -> str:
    """A code span: between more backticks than stand in it; a bar would end a table's cell."""
    shown = printable(text.replace("\n", " "))
    if not shown.strip():
        return ""
    if "|" in shown:
        return f"<code>{escaped(shown)}</code>"
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _comment(text: str) -> str:
    return re.sub(r"[^\w. /-]", "", printable(text)).replace("--", "-")


def _block(block: Block, files: Mapping[str, str]) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {_inline(block.text)}"
    elif isinstance(block, Paragraph):
        yield f"> **{_inline(block.text)}**" if block.role == "verdict" else _inline(block.text)
    elif isinstance(block, Bullets):
        yield "\n".join(f"- {_inline(item)}" for item in block.items)
    elif isinstance(block, Pairs):
        yield _rows(("", ""), [(f"**{_inline(name)}**", _inline(value)) for name, value in block.rows])
    elif isinstance(block, Table):
        yield f"**{_inline(block.caption)}**" if block.caption else ""
        rows = [tuple(map(_inline, row)) for row in block.rows]
        yield _rows(tuple(map(_inline, block.heading)), rows, block.right)
    elif isinstance(block, Figure):
        yield f"![{escaped(block.told)}]({files[block.name]})"
        yield _inline(block.caption)
    elif isinstance(block, Listing):
        yield _listing(block)


def _rows(heading: tuple[str, ...], rows: list[tuple[str, ...]], right: frozenset[int] = frozenset()) -> str:
    ruler = ["---:" if column in right else "---" for column in range(len(heading))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, ruler, *rows))


def _listing(block: Listing) -> str:
    lines = [printable(line) for line in block.lines]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{'sh' if block.is_command else 'text'}", *lines, fence])
