"""A document as one HTML file that needs nothing else: no script, no font, no request."""

import html
import re
from collections.abc import Iterator

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

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Of content security: even where something slipped through, it could neither run nor fetch."""
_CODE = re.compile(r"`([^`]+)`")
"""What stands between backticks in a sentence is the name of something, or is to be typed."""
MANY_COLUMNS = 7
ON_A_NEW_PAGE = (
    "points",
    "found",
    "evidence",
    "charts",
    "measurements",
    "watches",
    "method",
    "trials",
    "output",
)
"""Chapters that begin one when printed."""

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 62rem; background: #fff; color: #1b1b1f;
  font: 16px/1.5 "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.75rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid #9aa0a6; font-size: 1.4rem; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.1rem; }
h4 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
p, ul { margin: .5rem 0; max-width: 48rem; }
.about, .note, caption, figcaption { color: #4a4f57; font-size: .9rem; }
.verdict { margin: 1rem 0; padding: .8rem 1rem; border: 1px solid #1b1b1f; border-left: 6px solid #1b1b1f;
  font-size: 1.2rem; font-weight: 600; max-width: none; }
dl { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: .35rem 1.25rem; margin: 1rem 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { margin: 1rem 0; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
table.many { font-size: .8rem; }
caption { padding-bottom: .4rem; text-align: left; font-weight: 600; }
th, td { padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #d5d8dc; text-align: left;
  vertical-align: top; }
thead th { border-bottom: 2px solid #6b7078; vertical-align: bottom; }
td.figure, th.figure { padding-left: .7rem; text-align: right; white-space: nowrap; }
tbody th { font-weight: normal; }
figure { margin: 1.25rem 0; }
figure svg { display: block; width: 100%; max-width: 46rem; height: auto; }
figcaption { max-width: 46rem; }
code, pre { font-family: "DejaVu Sans Mono", "Liberation Mono", Menlo, monospace; font-size: .85em; }
pre { margin: .5rem 0; padding: .7rem .9rem; border: 1px solid #c4c8cd; background: #f6f7f8;
  white-space: pre-wrap; overflow-wrap: anywhere; }
nav ul { padding-left: 1.2rem; columns: 2; }
a { color: #00539b; }
footer { margin-top: 3rem; color: #4a4f57; font-size: .85rem; }
@page { size: A4; margin: 18mm 16mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav { display: none; }
  h2, h3, h4, caption { break-after: avoid; }
  .chapter { margin-top: 0; break-before: page; }
  figure, tr, dl, .verdict { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  table { font-size: 8.5pt; }
  table.many { font-size: 7.5pt; }
  table.many th, table.many td { padding-right: .35rem; }
  table.many td.figure, table.many th.figure { padding-left: .3rem; }
  pre { background: none; font-size: 8.5pt; }
  a { color: inherit; text-decoration: none; }
}
"""


def html_text(document: Document) -> str:
    """The whole file."""
    body = "\n".join(part for block in document.blocks for part in _block(block))
    return f"""<!DOCTYPE html>
<html lang="{_plain(document.language)}">
<head>
<meta charset="utf-8">
<meta name="generator" content="{_plain(document.generator)}">
<meta http-equiv="Content-Security-Policy" content="{_plain(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>{_plain(document.title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{_inline(document.title)}</h1>
<p class="about">{_inline(document.about)}</p>
{_contents(document)}
</header>
<main>
{body}
</main>
<footer>{_inline(document.made_by)}</footer>
</body>
</html>
"""


def _plain(text: str) -> str:
    return html.escape(printable(text))


def _inline(text: str) -> str:
    if isinstance(text, Typed):
        return f"<code>{_plain(text)}</code>"
    marked = _CODE.sub(r"<code>\1</code>", _plain(text))
    return f'<span lang="en">{marked}</span>' if isinstance(text, English) else marked


def _contents(document: Document) -> str:
    chapters = [
        block for block in document.blocks if isinstance(block, Heading) and block.level == 2 and block.anchor
    ]
    items = "".join(f'<li><a href="#{_anchor(one.anchor)}">{_inline(one.text)}</a></li>' for one in chapters)
    return f"<nav><ul>{items}</ul></nav>"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield _heading(block)
    elif isinstance(block, Paragraph):
        role = f' class="{_plain(block.role)}"' if block.role else ""
        yield f"<p{role}>{_inline(block.text)}</p>"
    elif isinstance(block, Bullets):
        yield "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in block.items) + "</ul>"
    elif isinstance(block, Pairs):
        rows = (f"<dt>{_inline(name)}</dt><dd>{_inline(value)}</dd>" for name, value in block.rows)
        yield f"<dl>{''.join(rows)}</dl>"
    elif isinstance(block, Table):
        yield _table(block)
    elif isinstance(block, Figure):
        yield f"<figure>{block.svg}<figcaption>{_inline(block.caption)}</figcaption></figure>"
    else:
        yield f"<pre><code>{_plain_lines(block)}</code></pre>"


def _heading(block: Heading) -> str:
    anchor = f' id="{_anchor(block.anchor)}"' if block.anchor else ""
    chapter = ' class="chapter"' if block.level == 2 and block.anchor in ON_A_NEW_PAGE else ""
    return f"<h{block.level}{anchor}{chapter}>{_inline(block.text)}</h{block.level}>"


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9-]", "", name.lower())


def _table(block: Table) -> str:
    def cell(tag: str, column: int, text: str, scope: str = "") -> str:
        figure = ' class="figure"' if column in block.right else ""
        return f"<{tag}{scope}{figure}>{_inline(text)}</{tag}>"

    heading = "".join(cell("th", n, text, ' scope="col"') for n, text in enumerate(block.heading))
    rows = "\n".join(
        "<tr>" + "".join(cell("td", n, text) for n, text in enumerate(row)) + "</tr>" for row in block.rows
    )
    many = ' class="many"' if len(block.heading) > MANY_COLUMNS else ""
    caption = f"<caption>{_inline(block.caption)}</caption>" if block.caption else ""
    return (
        f'<div class="wide"><table{many}>{caption}<thead><tr>{heading}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _plain_lines(block: Listing) -> str:
    return "\n".join(map(_plain, block.lines))
