"""Reading telemetry: files, folders, columns, windows, and what is said when they are not there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_contract.result import FailureReason
from model_contract.task import DataWindow, TelemetrySource
from model_trainer.data.sources import read_readings
from model_trainer.errors import CannotWork
from tests.trainer.telemetry_files import minutes, waves, write

ALL = DataWindow()


def refusal(source: TelemetrySource) -> CannotWork:
    """Why the source cannot be read."""
    with pytest.raises(CannotWork) as refused:
        read_readings(source, ALL)
    return refused.value


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_file_gives_its_numbers_and_booleans(tmp_path: Path, suffix: str) -> None:
    columns: dict[str, Any] = {
        "value": waves(5),
        "unit": ["V"] * 5,
        "on": [True, False] * 2 + [True],
        "speed": range(5),
    }
    uri = write(tmp_path / f"a b.{suffix}", minutes(5), **columns)

    readings = read_readings(TelemetrySource(uri=uri), ALL)

    assert readings.columns == ("value", "on", "speed")
    assert readings.boolean == (False, True, False)
    assert (readings.times == minutes(5)).all()
    assert readings.values[:, 1:].tolist() == [[1, 0], [0, 1], [1, 2], [0, 3], [1, 4]]
    assert readings.values[:, 0] == pytest.approx(waves(5), abs=1e-15)


def test_a_folder_is_read_as_one(tmp_path: Path) -> None:
    """Files may add columns later; where a file lacks one, readings are missing. Hidden files are not read."""
    write(tmp_path / "day=1" / "a.parquet", minutes(4)[:2], value=[1.0, 2.0])
    write(tmp_path / "day=2" / "b.parquet", minutes(4)[2:], value=[3.0, 4.0], extra=[5.0, 6.0])
    (tmp_path / "_SUCCESS.csv").write_text("")

    readings = read_readings(TelemetrySource(uri=tmp_path.as_uri()), ALL)

    assert readings.values[:, 0].tolist() == [1, 2, 3, 4]
    assert np.isnan(readings.values[:2, 1]).all()


def test_the_window_begins_with_its_start_and_ends_before_its_end(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(60), value=np.arange(60.0))
    start, end = (datetime(2024, 1, 1, 0, minute, tzinfo=UTC) for minute in (10, 20))

    readings = read_readings(TelemetrySource(uri=uri), DataWindow(start=start, end=end))

    assert readings.values[:, 0].tolist() == list(range(10, 20))


def test_bounds_between_two_units_of_the_column_are_rounded_up(tmp_path: Path) -> None:
    times = pa.array([0, 1, 2, 3], pa.timestamp("s"))  # no zone: UTC
    pq.write_table(pa.table({"timestamp": times, "value": [0.0, 1.0, 2.0, 3.0]}), tmp_path / "a.parquet")
    window = DataWindow(
        start=datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC), end=datetime(1970, 1, 1, 0, 0, 2, 1, tzinfo=UTC)
    )

    readings = read_readings(TelemetrySource(uri=(tmp_path / "a.parquet").as_uri()), window)

    assert readings.values[:, 0].tolist() == [1, 2]


def test_the_look_back_ends_with_the_newest_row(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(60), value=np.arange(60.0))

    readings = read_readings(TelemetrySource(uri=uri), DataWindow(lookback_seconds=600))

    assert readings.values[:, 0].tolist() == list(range(49, 60))


def test_named_features_are_read_in_their_order_and_once(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(2), a=[1, 2], value=[3, 4], b=[5, 6])

    readings = read_readings(TelemetrySource(uri=uri, feature_columns=("b", "value", "a", "b")), ALL)

    assert readings.columns == ("value", "b", "a")


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    refused = refusal(TelemetrySource(uri=(tmp_path / "gone.parquet").as_uri()))

    assert refused.reason is FailureReason.TELEMETRY_NOT_FOUND
    assert "gone.parquet" in refused.message


@pytest.mark.parametrize("name", ["a.parquet", "a.txt"], ids=["damaged Parquet", "another kind of file"])
def test_a_file_that_is_no_telemetry_is_unreadable(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("this is neither")

    assert refusal(TelemetrySource(uri=(tmp_path / name).as_uri())).reason is FailureReason.TELEMETRY_UNREADABLE


@pytest.mark.parametrize("uri", ["http://plant/a.parquet", "s3://KEY:secret@plant/a.parquet", "s3://plant/../a.csv"])
def test_other_uris_are_unreadable(uri: str) -> None:
    refused = refusal(TelemetrySource(uri=uri))

    assert refused.reason is FailureReason.TELEMETRY_UNREADABLE
    assert "secret" not in refused.message


def test_an_unknown_column_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(2), valeu=[1, 2], speed=[3, 4])

    refused = refusal(TelemetrySource(uri=uri))

    assert refused.reason is FailureReason.COLUMN_NOT_FOUND
    assert "Did you mean valeu?" in refused.message
    assert "timestamp, valeu, speed" in refused.message


def test_text_is_no_signal(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(2), value=["1", "2"])

    assert refusal(TelemetrySource(uri=uri)).message.endswith("column value holds string, expected numbers or booleans")


def test_numbers_are_no_time_stamps(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.parquet", minutes(2), value=[1, 2])

    assert "expected time stamps" in refusal(TelemetrySource(uri=uri, timestamp_column="value")).message
