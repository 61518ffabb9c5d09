"""Writes the report of a run: one HTML file that needs no other file and no script, with numbers and figures.

Knows how a page looks, and nothing of what it tells. Everything that is handed over is text and gets escaped.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final

_PAGE: Final = Path(__file__).with_name("report.html")


@dataclass(frozen=True)
class Numbers:
    """A table of numbers; the first cell of each row names it, the second column is the one that matters."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """Names and what they stand for."""

    title: str
    rows: Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Picture:
    """A PNG, and how to read it."""

    title: str
    file: Path
    caption: str


def write_report(path: Path, title: str, why: str, summary: str, parts: Iterable[Numbers | Facts | Picture]) -> None:
    """Write the page; a picture whose file is missing is left out."""
    body = "\n".join(_part(part) for part in parts)
    page = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(title), why=escape(why), summary=escape(summary), body=body
    )
    path.write_text(page, encoding="utf-8")


def _part(part: Numbers | Facts | Picture) -> str:
    match part:
        case Picture():
            return _picture(part)
        case Facts():
            rows = "\n".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in part.rows)
            return f'<h2>{escape(part.title)}</h2>\n<table class="facts"><tbody>\n{rows}\n</tbody></table>'
        case Numbers():
            return _numbers(part)


def _numbers(part: Numbers) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in part.head)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for name, *cells in part.rows
    )
    note = f"<caption>{escape(part.note)}</caption>" if part.note else ""
    table = f"<table>{note}<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"
    return f'<h2>{escape(part.title)}</h2>\n<div class="wide numbers">{table}</div>'


def _picture(part: Picture) -> str:
    if not part.file.exists():
        return ""
    content = base64.b64encode(part.file.read_bytes()).decode()
    image = f'<img alt="{escape(part.caption)}" src="data:image/png;base64,{content}">'
    return f"<h2>{escape(part.title)}</h2>\n<figure>{image}<figcaption>{escape(part.caption)}</figcaption></figure>"
