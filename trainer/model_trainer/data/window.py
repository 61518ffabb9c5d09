"""Cuts telemetry into sequences for a model that forecasts at every step.

A sequence is a run of rows of one segment. Its step at row r sees the rows up to r and forecasts those after it. No
sequence crosses a gap. Shorter runs are padded at their end by repeating the last row; because models are causal,
padding cannot change the forecasts before it, and no padded step counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from model_trainer.data.telemetry import Booleans, Integers, Singles

_AT_ONCE: Final = 1024  # sequences that are laid out at once; bounds memory


@dataclass(frozen=True)
class Sequences:
    """Rows of telemetry as steps. All but `length` are (sequences, 1); rows are laid out only when they are asked for.

    Attributes:
        starts: the row of the first step.
        lasts: the last row; later steps repeat it.
        counted_from: the first row whose step counts.
        counted_to: the row after the last one whose step counts.
        length: steps of every sequence.
    """

    starts: Integers
    lasts: Integers
    counted_from: Integers
    counted_to: Integers
    length: int

    def __len__(self) -> int:
        return len(self.starts)

    def parts(self, at_most: int) -> Iterator["Sequences"]:
        """The sequences in their order, so many at once."""
        for first in range(0, len(self), at_most):
            some = slice(first, first + at_most)
            bounds = self.starts[some], self.lasts[some], self.counted_from[some], self.counted_to[some]
            yield Sequences(*bounds, self.length)

    @property
    def rows(self) -> Integers:
        """The row of each step, (sequences, steps)."""
        return np.minimum(self._steps, self.lasts)

    @property
    def counted(self) -> Booleans:
        """Which steps count, (sequences, steps)."""
        return np.asarray((self._steps >= self.counted_from) & (self._steps < self.counted_to))

    @property
    def counted_rows(self) -> Integers:
        """The rows of the steps that count, (steps,), in the order of sequences."""
        laid_out = [part.rows[part.counted] for part in self.parts(_AT_ONCE)]
        return np.concatenate([np.empty(0, dtype=np.int64), *laid_out])

    def inputs(self, values: Singles) -> Singles:
        """(sequences, steps, channels) of values (rows, channels)."""
        return values[self.rows]

    def targets(self, signal: Singles, horizon: int) -> Singles:
        """(sequences, steps, horizon): the next rows of signal (rows,); only those of counted steps mean anything."""
        ahead = self.rows[:, :, None] + np.arange(1, horizon + 1)
        targets: Singles = signal[np.minimum(ahead, len(signal) - 1)]
        return targets

    @property
    def _steps(self) -> Integers:
        """The row of each step if there were enough."""
        return self.starts + np.arange(self.length)


def training_sequences(
    segments: tuple[range, ...], span: range, length: int, hop: int, horizon: int, *, last_only: bool = False
) -> Sequences:
    """Overlapping sequences that cover the span; every step whose whole horizon lies in it counts.

    Args:
        segments: rows between gaps.
        span: the rows that may be seen, horizon included.
        length: steps of a sequence.
        hop: rows from the start of one sequence to the next.
        horizon: rows that each step forecasts.
        last_only: only the last step of each sequence counts.
    """
    runs: list[tuple[range, range]] = []
    for part in _parts(segments, span):
        steps = range(part.start, part.stop - horizon)
        starts = range(steps.start, max(steps.stop - length, steps.start) + 1, hop) if steps else range(0)
        runs += [(run, run) for run in (range(start, min(start + length, steps.stop)) for start in starts)]
        if starts and starts[-1] + length < steps.stop:
            tail = range(steps.stop - length, steps.stop)
            runs.append((tail, tail))
    if last_only:
        runs = [(run, run[-1:]) for run, _ in runs]
    return _sequences(runs, length)


def scoring_sequences(segments: tuple[range, ...], span: range, length: int, hop: int, horizon: int) -> Sequences:
    """Sequences whose counted steps forecast each row of the span once, with up to length - hop rows of history before.

    History may lie before the span but not before a gap; the first row of a segment has none and gets no forecast.
    """
    runs: list[tuple[range, range]] = []
    for segment in segments:
        targets = range(max(segment.start + 1, span.start), min(segment.stop, span.stop))
        for first in range(targets.start, targets.stop, hop):
            counted = range(first - 1, min(first + hop, targets.stop + 1 - horizon) - 1)
            if counted:
                runs.append((range(max(segment.start, counted.stop - length), counted.stop), counted))
    return _sequences(runs, length)


def _parts(segments: tuple[range, ...], span: range) -> Iterator[range]:
    for segment in segments:
        part = range(max(segment.start, span.start), min(segment.stop, span.stop))
        if part:
            yield part


def _sequences(runs: list[tuple[range, range]], length: int) -> Sequences:
    """Sequences from pairs of (rows of the run, rows of the steps that count)."""
    bounds = np.array(
        [(run.start, run.stop - 1, counted.start, counted.stop) for run, counted in runs], dtype=np.int64
    ).reshape(-1, 4)
    starts, lasts, counted_from, counted_to = (bounds[:, column : column + 1] for column in range(4))
    return Sequences(starts, lasts, counted_from, counted_to, length)
