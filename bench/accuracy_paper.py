"""The default telemanom beside the paper's settings: quality, time and memory of both, channel by channel, in one run.

Called by `bench.__main__` after the accuracy of all channels. Every training has a process of its own, on one thread,
so that its peak memory is its own; start-up and imports are in the memory and not in the seconds.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import psutil

from bench.accuracy import PUBLISHED, Scored, counts_of, score_channel
from bench.processes import ProcessTree
from bench.table import Table
from model_contract.hyperparameters import TelemanomPreset, validate_hyperparameters
from model_contract.task import ModelType

CHANNELS: Final = ("C-1", "P-1")  # of each spacecraft one; all eight would take half an hour
_SEED: Final = 0


@dataclass(frozen=True)
class Trained:
    """One channel fitted and scored with one preset."""

    preset: TelemanomPreset
    scored: Scored
    peak_mib: float


def measure_presets(folder: Path, channels: Sequence[str] = CHANNELS) -> tuple[Table, list[Trained]]:
    """A table and raw values; the full number of epochs, nothing extrapolated."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as process:
        trained = [
            process.submit(_train, folder, channel, preset).result()
            for channel in channels
            for preset in TelemanomPreset
        ]
    return presets_table(trained), trained


def presets_table(trained: Sequence[Trained]) -> Table:
    """A row for each training, and how much cheaper the default fit is."""
    fast = {each.scored.channel: each.scored for each in trained if each.preset is TelemanomPreset.FAST}
    rows = tuple(
        (
            f"{each.scored.channel}, {each.preset}",
            PUBLISHED.get(each.scored.channel, "-"),
            counts_of(each.scored.counts),
            f"{each.scored.fit_seconds:.1f}",
            f"{each.scored.fit_seconds / fast[each.scored.channel].fit_seconds:.1f}",
            f"{each.scored.score_seconds:.1f}",
            f"{each.peak_mib:.0f}",
        )
        for each in trained
    )
    measured = (
        f"Every training in a process of its own, one thread, seed {_SEED}, every epoch. Found / falsely reported /"
        " missed, beside the published run; CPU seconds of fitting, also as a multiple of the default's, and of"
        " scoring; peak resident memory with TensorFlow in it."
    )
    columns = ("", "published", "found/false/missed", "fit s", "x", "score s", "peak MiB")
    return Table("Accuracy: default beside the paper's settings", measured, columns, rows)


def _train(folder: Path, channel: str, preset: TelemanomPreset) -> Trained:
    hyperparameters = validate_hyperparameters(ModelType.TELEMANOM, {"preset": preset})
    scored = score_channel(folder, channel, hyperparameters, _SEED)[0]
    # Not that of `getrusage`, which begins with the size of the process that started this one.
    return Trained(preset, scored, ProcessTree(psutil.Process()).peak_memory_mib())
