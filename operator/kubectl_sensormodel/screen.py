"""How answers reach the terminal: width, colour, times, JSON. The only module that prints.

Colour is used on terminals only and never where NO_COLOR is set; it repeats what a word says already. Away from a
terminal lines are 120 characters wide, unless COLUMNS says otherwise.
"""

import json
import os
import sys
from datetime import datetime, timedelta
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from model_operator.api.base import format_duration

_WIDTH_WITHOUT_TERMINAL: Final = 120
_COLOURS: Final = {
    "fires": "yellow",
    "closed": "yellow",
    "open": "green",
    "off": "dim",
    "True": "green",
    "False": "red",
    "Unknown": "yellow",
    "Production": "green",
}


def console(*, stderr: bool = False) -> Console:
    """A console for the stream as it is now."""
    stream = sys.stderr if stderr else sys.stdout
    columns = os.environ.get("COLUMNS", "")
    width = None if stream.isatty() else int(columns) if columns.isdigit() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def table(*columns: str, wraps: str | None = None) -> Table:
    """A plain table with a header; `wraps` is the column whose text may take several lines."""
    drawn = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        drawn.add_column(name.upper(), no_wrap=name != wraps, overflow="fold")
    return drawn


def colour_of(word: str) -> str:
    """The style of a word; the word alone says the same."""
    return _COLOURS.get(word, "")


def write_json(value: Any) -> None:
    """A value as indented JSON."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def moment(time: datetime | None, now: datetime) -> str:
    """A time with its distance from now, for example `2026-11-24 12:00Z (in 2h5m)`."""
    if time is None:
        return "not set"
    distance = time - now
    near = abs(distance) < timedelta(seconds=1)
    words = "now" if near else f"in {format_duration(distance)}" if time > now else f"{format_duration(-distance)} ago"
    return f"{time:%Y-%m-%d %H:%MZ} ({words})"
