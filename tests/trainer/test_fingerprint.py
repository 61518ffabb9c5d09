"""The digest of telemetry: what changes it, and what does not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_contract.task import DataWindow, TelemetrySource
from model_trainer.data.cleaning import clean
from model_trainer.data.fingerprint import BLOCK, data_digest
from model_trainer.data.sources import read_readings
from tests.trainer.telemetry_files import minutes, waves, write

ROWS = 600


def columns(first: int = 0, last: int = ROWS) -> dict[str, np.ndarray]:
    return {"value": waves(ROWS)[first:last], "on": np.arange(ROWS)[first:last] % 7 == 0}


def digest(uri: str, window: DataWindow | None = None) -> str:
    return clean(read_readings(TelemetrySource(uri=uri), window or DataWindow()), None).digest


def split_into_files(folder: Path) -> str:
    write(folder / "b.csv", minutes(ROWS)[:250], **columns(0, 250))
    write(folder / "a.csv", minutes(ROWS)[250:], **columns(250))
    return folder.as_uri()


def in_another_order(folder: Path) -> str:
    order = np.random.default_rng(1).permutation(ROWS)
    return write(folder / "a.parquet", minutes(ROWS)[order], **{name: each[order] for name, each in columns().items()})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda folder: write(folder / "a.csv", minutes(ROWS), **columns()), id="as CSV"),
        pytest.param(split_into_files, id="in two files"),
        pytest.param(in_another_order, id="with rows in another order"),
        pytest.param(
            lambda folder: write(folder / "a.parquet", minutes(ROWS), note=["x"] * ROWS, **columns()),
            id="with a column that is not read",
        ),
    ],
)
def test_the_same_readings_have_the_same_digest(tmp_path: Path, other: Callable[[Path], str]) -> None:
    uri = write(tmp_path / "P-1.parquet", minutes(ROWS), **columns())

    assert digest(other(tmp_path / "other")) == digest(uri)


def test_an_edited_row_in_the_middle_changes_it(tmp_path: Path) -> None:
    edited = columns()
    edited["value"] = edited["value"].copy()
    edited["value"][ROWS // 2] = np.nextafter(edited["value"][ROWS // 2], 2)
    before = write(tmp_path / "a.parquet", minutes(ROWS), **columns())
    after = write(tmp_path / "b.parquet", minutes(ROWS), **edited)

    assert digest(before) != digest(after)


def test_another_window_of_the_same_file_changes_it(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(ROWS), **columns())

    assert digest(uri) != digest(uri, DataWindow(lookback_seconds=60 * (ROWS - 2)))


@pytest.mark.parametrize("row", [0, BLOCK - 1, BLOCK, BLOCK + 1])
def test_every_row_counts_however_many_there_are(row: int) -> None:
    values = np.zeros((BLOCK + 2, 1))
    changed = values.copy()
    changed[row] = 1

    assert data_digest(("value",), minutes(BLOCK + 2), values) != data_digest(("value",), minutes(BLOCK + 2), changed)
