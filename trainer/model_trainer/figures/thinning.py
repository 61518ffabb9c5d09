"""Draws of many rows what can be seen: a figure is a thousand pixels wide, and telemetry may have millions of rows.

Every peak stays: of each stretch of rows the lowest and the highest value are drawn. A few thousand rows are drawn as
they are.
"""

from typing import Any, Final

import numpy as np

from model_trainer.data.telemetry import Booleans, Floats, Integers

STRETCHES: Final = 4096  # of a line, more than three for each pixel


def drawn_line(across: Any, up: Floats) -> tuple[Any, Floats]:
    """The points of a line through (rows,) each; values that are NaN are passed over beside others."""
    starts = _starts(len(up))
    if len(starts) == len(up):
        return across, up
    bounds = np.fmin.reduceat(up, starts), np.fmax.reduceat(up, starts)
    return np.repeat(across[starts], 2), np.stack(bounds, axis=1).ravel()


def drawn_runs(flags: Booleans) -> list[tuple[int, int]]:
    """First and last row of each run of flagged rows; of runs that cannot be told apart, of all of them."""
    starts = _starts(len(flags))
    seen = np.logical_or.reduceat(flags, starts).astype(np.int8)
    edges = np.flatnonzero(np.diff(seen, prepend=0, append=0))
    bounds = np.append(starts, len(flags))[edges]
    return [(int(first), int(stop) - 1) for first, stop in zip(bounds[::2], bounds[1::2], strict=True)]


def _starts(rows: int) -> Integers:
    """The first row of each stretch."""
    return np.arange(0, rows, max(-(-rows // STRETCHES), 1), dtype=np.int64)
