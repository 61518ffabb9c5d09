"""Known anomalies as they are read from files."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from model_trainer.data.labels import Labels, read_labels
from tests.trainer.telemetry_files import minutes, write_labels


def found(uri: str) -> Labels:
    labels = read_labels(uri)
    assert labels is not None
    return labels


def rows(uri: str, length: int) -> list[int]:
    return np.flatnonzero(found(uri).at(minutes(length))).tolist()


def test_known_anomalies_include_both_ends(tmp_path: Path) -> None:
    stamps = pa.array(minutes(10).astype("datetime64[ms]"), pa.timestamp("ms", tz="UTC"))
    pq.write_table(pa.table({"start": stamps.take([2, 7]), "end": stamps.take([4, 7])}), tmp_path / "labels.parquet")

    assert rows((tmp_path / "labels.parquet").as_uri(), 10) == [2, 3, 4, 7]


def test_labels_bear_the_digest_of_their_file(tmp_path: Path) -> None:
    uri = write_labels(tmp_path / "labels.csv", ("2024-01-01T00:02:00Z", "2024-01-01T00:03:00Z"))

    assert rows(uri, 10) == [2, 3]
    assert found(uri).digest == hashlib.sha256((tmp_path / "labels.csv").read_bytes()).hexdigest()


def test_labels_may_arrive_later(tmp_path: Path) -> None:
    assert read_labels((tmp_path / "later.parquet").as_uri()) is None


def test_a_label_file_without_rows_names_no_anomaly(tmp_path: Path) -> None:
    assert rows(write_labels(tmp_path / "labels.csv"), 5) == []
