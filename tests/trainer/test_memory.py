"""What a row of telemetry costs in memory on its way to forecasts; what a fit needs besides does not depend on rows."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from model_contract.task import DataWindow, TelemetrySource
from model_trainer.data.cleaning import clean
from model_trainer.data.scaling import fit_scaling
from model_trainer.data.sources import read_readings
from model_trainer.data.split import split_by_time
from model_trainer.data.window import training_sequences
from model_trainer.forecasting import one_step_forecast
from tests.trainer.telemetry_files import minutes, waves, write

CHANNELS = 4
ROWS = 100_000
BYTES_OF_A_ROW = 12 + 20 * CHANNELS  # its time, its readings, the scaled ones, and a copy while they are read


class LastValue:
    """Forecasts that nothing changes."""

    quantiles: tuple[float, ...] = ()
    outputs: tuple[str, ...] = ()

    def predict(self, inputs: Any) -> Any:
        return inputs[:, :, :1]


def peak_bytes(path: Path, rows: int) -> int:
    """The most that numpy and Python hold while telemetry is read, cleaned, scaled, cut and forecast."""
    columns = {f"cmd_{number}": np.arange(rows) % 2.0 for number in range(1, CHANNELS)}
    uri = write(path, minutes(rows), value=waves(rows), **columns)
    tracemalloc.start()
    telemetry = clean(read_readings(TelemetrySource(uri=uri), DataWindow()), None)
    split = split_by_time(telemetry.rows)
    scaled = fit_scaling(telemetry.values[: split.train.stop], telemetry.boolean).apply(telemetry.values)
    sequences = training_sequences(telemetry.segments, split.train, 300, 50, 1)
    one_step_forecast(LastValue(), telemetry.columns, telemetry, split.test, 300, 50)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(scaled), len(sequences)) == (rows, (split.train.stop - 300) // 50 + 1)
    return peak


def test_a_row_more_costs_what_its_readings_cost(tmp_path: Path) -> None:
    """Sequences overlap six times: laid out at once they alone would cost 170 bytes a row."""
    fewer, more = (peak_bytes(tmp_path / f"{rows}.parquet", rows) for rows in (ROWS, 2 * ROWS))

    assert (more - fewer) / ROWS < BYTES_OF_A_ROW
