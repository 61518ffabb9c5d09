"""How telemetry arrives: how much, when, and never by halves."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.replayer import Replayer, read_values, rows_due, write_part
from demo.sensors import FIRST_ROW_AT, ROW_EVERY, Sensor, Shift

ROWS = 100


def sensor(**shift: float) -> Sensor:
    return Sensor(
        name="x-1",
        sensor_id="X-1",
        first_rows=40,
        nominal_rows=60,
        all_rows=ROWS,
        shift=Shift(first_row=60, words="is different", **shift),
        lookback="1h",
        hyperparameters={},
    )


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A hundred rows whose value is their number."""
    table = pa.table(
        {
            "timestamp": pa.array([FIRST_ROW_AT + row * ROW_EVERY for row in range(ROWS)], pa.timestamp("ms", "UTC")),
            "split": ["train"] * ROWS,
            "value": [float(row) for row in range(ROWS)],
            "cmd_01": [row % 7 == 0 for row in range(ROWS)],
        }
    )
    pq.write_table(table, tmp_path / "X-1.parquet")
    return tmp_path / "X-1.parquet"


def replayer(recording: Path, rows_per_second: float = 10.0, **shift: float) -> tuple[Replayer, Path]:
    folder = recording.parent / "arrived"
    return Replayer(sensor(**shift), recording, folder, rows_per_second), folder


@pytest.mark.parametrize(
    ("elapsed", "due"),
    [
        pytest.param(-1.0, 100, id="nothing is due before the release"),
        pytest.param(0.0, 100, id="nothing is due at the release"),
        pytest.param(0.99, 109, id="a row is due when its whole time has passed"),
        pytest.param(5.0, 150, id="ten rows are due every second"),
        pytest.param(60.0, 200, id="never more is due than was released"),
    ],
)
def test_rows_fall_due_at_the_rate(elapsed: float, due: int) -> None:
    assert rows_due(elapsed, rate=10.0, first=100, until=200) == due


@given(st.floats(-10, 1e4), st.floats(0, 100), st.floats(0.1, 1e3), st.integers(0, 5000), st.integers(0, 5000))
def test_later_never_fewer_rows_are_due_and_never_more_than_released(
    elapsed: float, later: float, rate: float, first: int, count: int
) -> None:
    now, then = (rows_due(time, rate, first, first + count) for time in (elapsed, elapsed + later))
    assert first <= now <= then <= first + count


def test_what_arrives_is_the_recording_without_the_publishers_split(recording: Path) -> None:
    replay, folder = replayer(recording)
    replay.deliver(40)
    replay.release(ROWS, now=0.0)
    for second in range(10):
        replay.tick(float(second))
    assert pq.read_table(folder).equals(pq.read_table(recording).drop_columns(["split"]))


def test_each_arrival_is_one_more_file_and_leaves_no_other(recording: Path) -> None:
    replay, folder = replayer(recording)
    replay.deliver(40)
    replay.release(60, now=100.0)
    arrived = [replay.tick(now) for now in (100.0, 100.5, 100.5, 101.0, 107.0)]
    assert arrived == [0, 5, 0, 5, 10]
    assert sorted(file.name for file in folder.iterdir()) == [f"part-{number:05}.parquet" for number in range(4)]
    assert replay.is_done


def test_nothing_arrives_that_was_not_released(recording: Path) -> None:
    replay, folder = replayer(recording)
    replay.deliver(40)
    assert replay.tick(now=1e6) == 0
    assert len(read_values(folder)[0]) == 40


def test_rows_that_are_released_later_arrive_from_then_on(recording: Path) -> None:
    replay, _ = replayer(recording)
    replay.deliver(40)
    replay.release(60, now=0.0)
    replay.tick(1000.0)
    replay.release(ROWS, now=1000.0)
    assert replay.tick(1001.0) == 10


def test_a_part_that_is_being_written_is_no_telemetry_yet(recording: Path, tmp_path: Path) -> None:
    """Readers take files that end in .parquet and do not begin with a dot."""
    folder = tmp_path / "arrived"
    folder.mkdir()
    (folder / ".part-00000.parquet.incomplete").write_bytes(b"half a file")
    assert write_part(pq.read_table(recording).slice(0, 10), folder, 0) == folder / "part-00000.parquet"
    assert [file.name for file in folder.iterdir()] == ["part-00000.parquet"]
    assert len(read_values(folder)[0]) == 10


def test_an_injected_shift_changes_the_rows_from_its_first_on(recording: Path) -> None:
    replay, folder = replayer(recording, gain=2.0, offset=0.5)
    replay.deliver(ROWS)
    assert read_values(folder)[1].tolist() == [float(row) for row in range(60)] + [
        2.0 * row + 0.5 for row in range(60, ROWS)
    ]


def test_a_shift_that_really_happened_is_left_alone(recording: Path) -> None:
    replay, folder = replayer(recording)
    replay.deliver(ROWS)
    assert read_values(folder)[1].tolist() == [float(row) for row in range(ROWS)]
