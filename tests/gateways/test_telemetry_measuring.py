"""What is said about telemetry, calm, drifted or damaged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.measure import MeasurementPlan
from tests.gateways.telemetry_objects import (
    REFERENCE_END,
    SAMPLING,
    WINDOW,
    WINDOW_ROWS,
    Floats,
    calm,
    measure,
    plan,
    profile,
    residuals,
    telemetry_table,
    write_parquet,
)

Write = Callable[[Path, pa.Table], Path]


def shifted(rows: int, by: float, newest: int) -> Floats:
    """Calm telemetry whose newest rows have another level of pressure."""
    values = calm(rows, seed=2)
    values[-newest:, 1] += by
    return values


def one_parquet_file(folder: Path, table: pa.Table) -> Path:
    pq.write_table(table, folder / "P-1.parquet")
    return folder / "P-1.parquet"


def without_statistics(folder: Path, table: pa.Table) -> Path:
    pq.write_table(table, folder / "P-1.parquet", write_statistics=False)
    return folder / "P-1.parquet"


def one_csv_file(folder: Path, table: pa.Table) -> Path:
    pyarrow.csv.write_csv(table, folder / "P-1.csv")
    return folder / "P-1.csv"


def a_folder_of_days(folder: Path, table: pa.Table) -> Path:
    for part in range(3):
        length = table.num_rows // 3
        pq.write_table(table.slice(part * length, length), folder / f"{part}.parquet", row_group_size=50)
    return folder


def times_without_zone(folder: Path, table: pa.Table) -> Path:
    naive = table.column("timestamp").cast(pa.timestamp("ms", tz="UTC")).cast(pa.timestamp("ms"))
    return one_parquet_file(folder, table.set_column(0, "timestamp", naive))


@pytest.mark.parametrize(
    "write", [one_parquet_file, without_statistics, one_csv_file, a_folder_of_days, times_without_zone]
)
def test_both_newest_windows_are_judged_in_every_form_of_telemetry(tmp_path: Path, write: Write) -> None:
    path = write(tmp_path, telemetry_table(shifted(3 * WINDOW_ROWS, by=3.0, newest=WINDOW_ROWS)))
    found = measure(plan(path), tmp_path)
    assert found.problem is None
    assert found.current is not None
    assert found.previous is not None
    assert (found.current.severity, found.previous.severity) == (Severity.CRITICAL, Severity.NONE)
    assert found.current.top_columns == ("pressure",)
    assert "pressure: W1" in found.current.statistic
    assert (found.current.start, found.current.end) == (REFERENCE_END + 2 * WINDOW, REFERENCE_END + 3 * WINDOW)
    assert (found.previous.start, found.previous.end) == (REFERENCE_END + WINDOW, REFERENCE_END + 2 * WINDOW)
    assert (found.reference_version, found.profile_digest, found.message) == (3, profile().digest, "")


def test_the_worst_column_is_described_by_the_usual_statistics(tmp_path: Path) -> None:
    found = measure(plan(write_parquet(tmp_path / "P-1.parquet", shifted(480, by=3.0, newest=240))), tmp_path)
    assert found.current is not None
    described = found.current.described
    assert described is not None
    assert described.column == "pressure"
    assert described.mean_shift_sigma is not None
    assert float(described.mean_shift_sigma) == pytest.approx(3.0 / profile().sigma[1], abs=0.3)
    assert described.standard_deviation_ratio is not None
    assert described.kolmogorov_smirnov is not None
    assert found.current.smallest_detectable_shift == profile().min_detectable[0]


@pytest.mark.parametrize(
    ("end", "digest", "severity"),
    [
        pytest.param(REFERENCE_END + 2 * WINDOW, None, Severity.CRITICAL, id="of this window and profile decide"),
        pytest.param(REFERENCE_END + WINDOW, None, Severity.NONE, id="of another window do not count"),
        pytest.param(REFERENCE_END + 2 * WINDOW, "e" * 64, Severity.NONE, id="beside another profile do not count"),
    ],
)
def test_the_errors_of_the_served_model(tmp_path: Path, end: datetime, digest: str | None, severity: Severity) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    found = measure(plan(path, residuals=(residuals(end, 1e-9, digest),)), tmp_path)
    assert found.current is not None
    assert found.current.severity is severity


def test_short_windows_say_what_they_cost(tmp_path: Path) -> None:
    short = profile(window_rows=120)
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    wanted = plan(path, digest=short.digest, window=timedelta(hours=2), min_samples=100)
    found = measure(wanted, tmp_path, short.to_bytes())
    assert found.current is not None
    assert found.message.startswith("windows of 120 rows are judged, which minSamples 100 allows: below 240 rows drift")


def test_calm_telemetry_has_not_drifted(tmp_path: Path) -> None:
    found = measure(plan(write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))), tmp_path)
    assert found.current is not None
    assert (found.current.severity, found.current.top_columns) == (Severity.NONE, ())
    assert found.current.score < 0.3


def test_rows_after_the_window_do_not_count(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", shifted(2 * WINDOW_ROWS + 100, by=9.0, newest=100))
    found = measure(plan(path), tmp_path)
    assert found.current is not None
    assert found.current.severity is Severity.NONE


def test_the_window_before_may_hold_too_little(tmp_path: Path) -> None:
    start = REFERENCE_END - 100 * SAMPLING
    found = measure(plan(write_parquet(tmp_path / "P-1.parquet", calm(WINDOW_ROWS + 100, seed=3), start)), tmp_path)
    assert found.current is not None
    assert found.previous is None


def test_a_policy_with_another_window_is_told_which_counts(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    found = measure(plan(path, window=timedelta(days=1)), tmp_path)
    assert found.current is not None
    assert found.message.startswith("windows of 4h are judged")
    assert "currentWindow of 1d counts from the next training on" in found.message


def verdictless(wanted: MeasurementPlan, root: Path, profile_bytes: bytes | None = None) -> tuple[Reason | None, str]:
    found = measure(wanted, root, profile_bytes)
    assert (found.current, found.previous) == (None, None)
    return found.problem, found.message


def test_a_window_with_too_few_rows_says_how_many_there_are(tmp_path: Path) -> None:
    table = telemetry_table(calm(WINDOW_ROWS, seed=3))
    path = one_parquet_file(tmp_path, pa.concat_tables([table.slice(0, 149), table.slice(WINDOW_ROWS - 1)]))
    reason, message = verdictless(plan(path), tmp_path)
    assert reason is Reason.INSUFFICIENT_DATA
    assert "150 of 240 rows have a value, at least 200 are needed; newest row 2026-01-05T19:59:00Z" in message


def test_missing_values_are_missing_rows(tmp_path: Path) -> None:
    values = calm(WINDOW_ROWS, seed=3)
    values[:150, 0] = np.nan
    values[150:160, 0] = np.inf
    reason, message = verdictless(plan(write_parquet(tmp_path / "P-1.parquet", values)), tmp_path)
    assert reason is Reason.INSUFFICIENT_DATA
    assert "80 of 240 rows have a value" in message


def test_one_row_of_the_far_future_leaves_no_window(tmp_path: Path) -> None:
    late = telemetry_table(calm(1, seed=4), datetime(2200, 1, 1, tzinfo=UTC))
    path = one_parquet_file(tmp_path, pa.concat_tables([telemetry_table(calm(2 * WINDOW_ROWS, seed=3)), late]))
    reason, message = verdictless(plan(path), tmp_path)
    assert reason is Reason.INSUFFICIENT_DATA
    assert "newest row 2200-01-01T00:00:00Z" in message


def test_a_table_without_rows_has_too_little_data(tmp_path: Path) -> None:
    reason, message = verdictless(plan(write_parquet(tmp_path / "P-1.parquet", calm(0, seed=3))), tmp_path)
    assert (reason, "there are no rows" in message) == (Reason.INSUFFICIENT_DATA, True)


def test_a_column_that_is_gone_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    table = telemetry_table(calm(2 * WINDOW_ROWS, seed=3)).rename_columns(["timestamp", "value", "presure"])
    reason, message = verdictless(plan(one_parquet_file(tmp_path, table)), tmp_path)
    assert reason is Reason.TELEMETRY_UNREADABLE
    assert message.endswith("there is no column pressure, but timestamp, value, presure; did you mean presure?")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        pytest.param("timestamp", [1, 2], "column timestamp holds int64, expected time stamps", id="numbers as times"),
        pytest.param("value", ["a", "b"], "column value holds string, expected numbers", id="text as numbers"),
    ],
)
def test_columns_of_another_type_are_unreadable(
    tmp_path: Path, column: str, values: list[object], message: str
) -> None:
    table = telemetry_table(calm(2, seed=3))
    table = table.set_column(table.schema.get_field_index(column), column, pa.array(values))
    reason, said = verdictless(plan(one_parquet_file(tmp_path, table)), tmp_path)
    assert reason is Reason.TELEMETRY_UNREADABLE
    assert message in said


def write_sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        pytest.param("P-1.parquet", lambda path: path.write_bytes(b"PAR1 this is none PAR1"), id="a corrupt footer"),
        pytest.param("P-1.parquet", lambda path: path.write_bytes(b""), id="an empty file"),
        pytest.param("P-1.parquet", lambda path: write_sparse(path, 2**31), id="a sparse Parquet file of 2 GiB"),
        pytest.param("P-1.csv", lambda path: write_sparse(path, 2**31), id="a sparse CSV file of 2 GiB"),
        pytest.param("P-1.csv", lambda path: write_sparse(path, 2**24), id="a CSV file of zeros"),
        pytest.param("P-1.csv", lambda path: path.write_bytes(b"\xff\xfe\x00"), id="a CSV file in another encoding"),
        pytest.param("P-1.csv", lambda path: path.write_text("timestamp,value\n1,2,3\n"), id="a ragged CSV file"),
    ],
)
def test_damaged_files_are_unreadable(tmp_path: Path, name: str, damage: Callable[[Path], object]) -> None:
    damage(tmp_path / name)
    reason, message = verdictless(plan(tmp_path / name), tmp_path)
    assert reason is Reason.TELEMETRY_UNREADABLE
    assert message.startswith((tmp_path / name).as_uri())


def test_a_file_that_ends_early_is_unreadable(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    intact = path.read_bytes()
    path.write_bytes(intact[:100] + bytes(len(intact) - 600) + intact[-500:])
    assert verdictless(plan(path), tmp_path)[0] is Reason.TELEMETRY_UNREADABLE


def test_more_rows_than_any_sensor_has_are_not_read(tmp_path: Path) -> None:
    """A small file: the same row a million times over takes a few bytes."""
    row = telemetry_table(calm(1, seed=3), REFERENCE_END + WINDOW - SAMPLING)
    group = row.take(pa.array(np.zeros(1_000_000, dtype=np.int32)))
    with pq.ParquetWriter(tmp_path / "P-1.parquet", group.schema) as writer:
        for _ in range(5):
            writer.write_table(group)
    reason, message = verdictless(plan(tmp_path / "P-1.parquet"), tmp_path)
    assert reason is Reason.TELEMETRY_UNREADABLE
    assert "more than 4000000 rows" in message


@pytest.mark.parametrize(
    ("data", "digest", "message"),
    [
        pytest.param(b"altered", None, "has the digest", id="another digest than registered"),
        pytest.param(
            b"no profile",
            "c10b5424f6f343be5d4e739cae145842d780764e28a97c4f5ed9aa80186d77d3",
            "drift profile",
            id="no profile at all",
        ),
    ],
)
def test_a_profile_that_is_none_is_not_used(tmp_path: Path, data: bytes, digest: str | None, message: str) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(WINDOW_ROWS, seed=3))
    reason, said = verdictless(plan(path, digest=digest), tmp_path, data)
    assert reason is Reason.NO_DRIFT_PROFILE
    assert said.startswith("version 3: ")
    assert message in said
