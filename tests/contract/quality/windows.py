"""A thermometer, a quiet gauge, a switch and a setpoint: their training data, and windows after them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model_contract.drift import DriftProfile, build_profile
from model_contract.quality.assess import Age, assess_quality
from model_contract.quality.report import QualityCheck, QualityFault, QualityReport

Series = NDArray[np.float64]
Times = NDArray[np.int64]
Change = Callable[[Series], None]

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
TRAINED = datetime(2026, 3, 1, tzinfo=UTC)
START = datetime(2026, 4, 1, tzinfo=UTC)
START_NS = int(START.timestamp()) * SECOND
ROWS = 240
REFERENCE_ROWS = 8 * ROWS
END_NS = START_NS + ROWS * MINUTE
COLUMNS = ("temperature", "gauge", "switch", "setpoint")
TEMPERATURE, GAUGE, SWITCH, SETPOINT = range(4)


def telemetry(rows: int, seed: int) -> Series:
    """(rows, 4): 20 ± 2 °C that remember the minute before, 1.0 ± 0.0002, 0 or 1, and always 50."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=rows)
    for row in range(1, rows):
        noise[row] += 0.9 * noise[row - 1]
    temperature = 20.0 + 2.0 * noise * np.sqrt(1.0 - 0.9**2)
    gauge = 1.0 + 0.0002 * random.normal(size=rows)
    switch = (np.arange(rows) // 30 % 2).astype(float)
    return np.column_stack([temperature, gauge, switch, np.full(rows, 50.0)])


@cache
def profile() -> DriftProfile:
    return profile_of(telemetry(REFERENCE_ROWS, seed=1))


def profile_of(reference: Series) -> DriftProfile:
    return build_profile(
        reference,
        channels=COLUMNS[: reference.shape[1]],
        window_rows=ROWS,
        sampling_seconds=60.0,
        start=TRAINED,
        end=TRAINED + timedelta(minutes=len(reference)),
        data_digest="ab" * 32,
    )


def healthy(seed: int = 2) -> Series:
    return telemetry(ROWS, seed)


def minutes(rows: int = ROWS) -> Times:
    return START_NS + np.arange(rows, dtype=np.int64) * MINUTE


def assess(
    values: Series, times: Times | None = None, *, trained: DriftProfile | None = None, age: Age | None = None
) -> QualityReport:
    """The report on a window beside the training data."""
    return assess_quality(
        minutes(len(values)) if times is None else times,
        values,
        COLUMNS[: values.shape[1]],
        start=START_NS,
        end=END_NS,
        sampling_seconds=60.0,
        profile=trained or profile(),
        age=age,
    )


def assess_alone(values: Series, times: Times | None = None) -> QualityReport:
    """The report on a window without training data."""
    return assess_quality(
        minutes(len(values)) if times is None else times,
        values,
        COLUMNS[: values.shape[1]],
        start=START_NS,
        end=END_NS,
        sampling_seconds=60.0,
    )


def changed(change: Change) -> Series:
    values = healthy()
    change(values)
    return values


def checks(report: QualityReport) -> list[tuple[QualityCheck, str | None]]:
    return [(fault.check, fault.column) for fault in report.faults]


def only_fault(report: QualityReport) -> QualityFault:
    (fault,) = report.faults
    return fault
