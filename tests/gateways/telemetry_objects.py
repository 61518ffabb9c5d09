"""Telemetry of a calm sensor, and the drift profile of a version that was trained on it."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model_contract.drift import DriftProfile, build_profile
from model_contract.evaluation import ResidualView
from model_operator.api.sensormodel import TelemetrySpec
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways import telemetry_worker

Floats = NDArray[np.float64]

SAMPLING = timedelta(minutes=1)
WINDOW_ROWS = 240
WINDOW = WINDOW_ROWS * SAMPLING
REFERENCE_START = datetime(2026, 1, 1, tzinfo=UTC)
REFERENCE_END = REFERENCE_START + 28 * WINDOW
CHANNELS = ("value", "pressure")


def calm(rows: int, seed: int) -> Floats:
    """(rows, 2) of noise that remembers the row before."""
    noise = np.random.default_rng(seed).normal(size=(rows, len(CHANNELS)))
    for row in range(1, rows):
        noise[row] += 0.5 * noise[row - 1]
    return noise


@cache
def profile(window_rows: int = WINDOW_ROWS) -> DriftProfile:
    return build_profile(
        calm(28 * WINDOW_ROWS, seed=1),
        channels=CHANNELS,
        window_rows=window_rows,
        sampling_seconds=SAMPLING.total_seconds(),
        start=REFERENCE_START,
        end=REFERENCE_END,
        data_digest="d" * 64,
        minimum_rows=window_rows,
    )


def plan(
    path: Path | str, *, digest: str | None = None, window: timedelta = WINDOW, min_samples: int = 200, **more: Any
) -> MeasurementPlan:
    """The plan to measure what lies at a path, or behind a URI."""
    telemetry = {"uri": path if isinstance(path, str) else path.as_uri(), **more.pop("telemetry", {})}
    return MeasurementPlan.model_validate(
        {
            "model": "telemanom_P-1",
            "version": 3,
            "run_id": "run",
            "profile_digest": digest or profile().digest,
            "telemetry": TelemetrySpec.model_validate(telemetry),
            "window_seconds": window.total_seconds(),
            "min_samples": min_samples,
            **more,
        }
    )


def plan_without_profile(path: Path, **more: Any) -> MeasurementPlan:
    """The plan for a version that has none."""
    return plan(path, profile_digest=None, judges_drift=False, **more)


def times(count: int, start: datetime = REFERENCE_END) -> list[datetime]:
    return [start + row * SAMPLING for row in range(count)]


def telemetry_table(values: Floats, start: datetime = REFERENCE_END) -> pa.Table:
    """One row per minute from the start on."""
    timestamps = pa.array(times(len(values), start), pa.timestamp("us", tz="UTC"))
    return pa.table({"timestamp": timestamps} | {name: values[:, index] for index, name in enumerate(CHANNELS)})


def write_parquet(path: Path, values: Floats, start: datetime = REFERENCE_END) -> Path:
    pq.write_table(telemetry_table(values, start), path)
    return path


def residuals(end: datetime, p: float, digest: str | None = None) -> ResidualView:
    """What an evaluation measured of the served model's errors."""
    return ResidualView(
        profile_digest=digest or profile().digest,
        window_end=end,
        statistic=9.0,
        reference_mean=0.1,
        reference_sd=0.05,
        reference_max=0.2,
        p=p,
    )


def measure(
    wanted: MeasurementPlan, root: Path, profile_bytes: bytes | None = None, now: datetime = REFERENCE_END
) -> Measurement:
    """What the worker's entry point answers, in this process."""
    known = profile_bytes or profile().to_bytes()
    content = None if wanted.profile_digest is None else known
    return Measurement.model_validate_json(
        telemetry_worker.measure(wanted.model_dump_json(), content, now, (str(root),))
    )
