"""Feeds a fit with sequences that are cut from scaled rows batch by batch: all of them would take a kilobyte a row.

Batches come in a shuffled order that follows from TensorFlow's global seed alone: a fit that was interrupted finds it
again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import tensorflow as tf

from model_trainer.data.telemetry import Singles
from model_trainer.data.window import Sequences

COUNTED_AT_ONCE: Final = 4096  # sequences


@dataclass(frozen=True)
class FitData:
    """Sequences of scaled rows (rows, channels), whose steps forecast the first channel `horizon` rows ahead.

    Rows that are a tensor are shared by all data made of them; those of an array are copied.
    """

    sequences: Sequences
    scaled: Any
    horizon: int

    def batches(self, size: int, *, shuffled: bool) -> Any:
        """A tf.data.Dataset of batches.

        Each has inputs (batch, steps, channels), targets (batch, steps, horizon) and weights (batch, steps).
        """
        count = len(self.sequences)
        full = count // size * size

        def order(_: Any) -> Any:
            indices = tf.range(count, dtype=tf.int64)
            return tf.random.shuffle(indices) if shuffled else indices

        def cut(indices: Any) -> Any:
            whole = tf.data.Dataset.from_tensor_slices(tf.reshape(indices[:full], (full // size, size)))
            return whole.concatenate(tf.data.Dataset.from_tensors(indices[full:])) if full < count else whole

        indices = tf.data.Dataset.range(1).map(order).flat_map(cut)
        batches = indices.map(self._batch(), num_parallel_calls=1).prefetch(1)
        return batches.apply(tf.data.experimental.assert_cardinality(-(-count // size)))

    def counted(self) -> Iterator[tuple[Singles, Singles]]:
        """Targets (steps, horizon) of steps that count, and the last values before them (steps, 1), in parts."""
        scaled = np.asarray(memoryview(self.scaled))  # of a tensor, too, without a copy
        for part in self.sequences.parts(COUNTED_AT_ONCE):
            counted = part.counted
            targets = part.targets(scaled[:, 0], self.horizon)[counted]
            yield targets, scaled[part.rows[counted], :1]

    def _batch(self) -> Any:
        """From indices of sequences to a batch."""
        scaled = tf.convert_to_tensor(self.scaled)
        fields = (self.sequences.starts, self.sequences.lasts, self.sequences.counted_from, self.sequences.counted_to)
        bounds = tf.constant(np.concatenate(fields, axis=1))
        ahead = tf.range(1, self.horizon + 1, dtype=tf.int64)
        newest = tf.constant(len(self.scaled) - 1, tf.int64)

        def batch(indices: Any) -> tuple[Any, Any, Any]:
            starts, lasts, counted_from, counted_to = tf.split(tf.gather(bounds, indices), 4, axis=1)
            steps = starts + tf.range(self.sequences.length, dtype=tf.int64)
            rows = tf.minimum(steps, lasts)
            targets = tf.gather(scaled[:, 0], tf.minimum(rows[:, :, None] + ahead, newest))
            counted = tf.logical_and(steps >= counted_from, steps < counted_to)
            return tf.gather(scaled, rows), targets, tf.cast(counted, tf.float32)

        return batch
