"""The sensors of the demo: what telemetry they have, when it arrives, and from which row on it is different.

Rows are counted from the start of a recording, one per minute. The operator's windows of four hours begin at multiples
of 240. `telemetry/README.md` says where the recordings come from.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

FIRST_ROW_AT: Final = datetime(2024, 1, 1, tzinfo=UTC)
ROW_EVERY: Final = timedelta(minutes=1)
WINDOW_ROWS: Final = 240  # the policy's currentWindow


@dataclass(frozen=True)
class Shift:
    """Where telemetry becomes different: value → gain x value + offset, unless it happened in the recording itself."""

    first_row: int
    words: str
    gain: float = 1.0
    offset: float = 0.0

    @property
    def is_injected(self) -> bool:
        """Whether the demo makes it."""
        return (self.gain, self.offset) != (1.0, 0.0)


@dataclass(frozen=True)
class Sensor:
    """A sensor and the rows of its recording that arrive in each phase.

    Attributes:
        name: of the SensorModel.
        sensor_id: as the mission calls it.
        first_rows: arrive before its model exists, for the first training.
        nominal_rows: have arrived when nothing has changed yet.
        all_rows: have arrived at the end.
        shift: what changes at `shift.first_row`.
        lookback: of its trainings, as in the SensorModel.
        hyperparameters: of its trainings, as in the SensorModel.
    """

    name: str
    sensor_id: str
    first_rows: int
    nominal_rows: int
    all_rows: int
    shift: Shift
    lookback: str
    hyperparameters: dict[str, str]

    @property
    def registered_model(self) -> str:
        """The name in MLflow, as the operator makes it."""
        return f"telemanom_{self.sensor_id}"

    @property
    def shift_time(self) -> datetime:
        """The data time from which on telemetry is different."""
        return time_of(self.shift.first_row)


def time_of(row: int) -> datetime:
    """The data time of a row."""
    return FIRST_ROW_AT + row * ROW_EVERY


_TRAINING: Final = {"epochs": "30", "units": "40", "batch_size": "4", "dropout": "0", "min_delta": "0"}

SENSORS: Final = (
    Sensor(
        name="p-1",
        sensor_id="P-1",
        first_rows=2872,  # the publishers' training rows
        nominal_rows=3600,
        all_rows=6400,  # 46 h and 40 min after the shift
        shift=Shift(first_row=3600, words="0.8 is added to every value (injected)", offset=0.8),
        lookback="46h",
        hyperparameters=_TRAINING,
    ),
    Sensor(
        name="d-5",
        sensor_id="D-5",
        first_rows=1841,
        nominal_rows=2561,  # the publishers' training rows
        all_rows=7041,  # 74 h and 40 min after the shift: in the look-back there is nothing else
        shift=Shift(first_row=2561, words="its level falls from +1 to -1 (this really happened)"),
        lookback="72h",  # its newest 15 % hold enough of the rare jumps to tell two versions apart
        hyperparameters=_TRAINING,
    ),
)
