"""Aligned tables and bars: everything that the measurements print goes through here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from textwrap import fill
from typing import Final

_GAP: Final = "  "
_WIDTH: Final = 120  # of the sentences above a table


@dataclass(frozen=True)
class Table:
    """A table with sentences above it that say how it was measured."""

    title: str
    measured: str
    columns: tuple[str, ...]  # the first one is aligned to the left, the others to the right
    rows: tuple[tuple[str, ...], ...]

    def render(self) -> str:
        """The table as text without a final line break."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [_line(cells, widths) for cells in (self.columns, *self.rows)]
        return "\n".join([f"== {self.title}", fill(self.measured, _WIDTH), "", *lines])


@dataclass(frozen=True)
class Bar:
    """A limit that a measured value must keep."""

    name: str
    value: float | None  # None: not measured
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the value keeps the limit; None when there is no value."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def verdict(self) -> str:
        """The same in words."""
        return {True: "ok", False: "not met", None: "not measured"}[self.is_met]


def summary(bars: Iterable[Bar]) -> Table:
    """All bars in one table."""
    rows = [
        (
            bar.name,
            "-" if bar.value is None else f"{number(bar.value)}{bar.unit}",
            f"{'>=' if bar.at_least else '<='} {number(bar.limit)}{bar.unit}",
            bar.verdict,
        )
        for bar in bars
    ]
    return Table("Bars", "What was promised, beside what was measured above.", ("", "value", "bar", ""), tuple(rows))


def number(value: float) -> str:
    """Three significant digits without an exponent; whole numbers as they are."""
    if value == int(value):
        return f"{value:.0f}"
    digits = max(0, 2 - _order(abs(value)))
    return f"{value:.{digits}f}"


def spread(values: Sequence[float]) -> str:
    """The median with the range behind it, of one value the value, of none a dash."""
    if not values:
        return "-"
    middle = number(median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}-{number(max(values))})"


def _order(value: float) -> int:
    """The power of ten of the first significant digit."""
    return int(f"{value:e}".partition("e")[2])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if position == 0 else cell.rjust(width)
        for position, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return _GAP.join([first, *others]).rstrip()
