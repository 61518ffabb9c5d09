"""Real telemetry: SMAP channels P-1, whose training rows are nominal, and D-5, whose level shifts after them."""

from pathlib import Path

import numpy as np
import pyarrow.parquet

from model_contract.drift import Severity, Verdict, check_drift
from tests.contract.drift.references import START, Series, profile_of

TELEMETRY = Path(__file__).parents[3] / "demo" / "telemetry"
WINDOW = 252


def rows_of(channel: str, split: str) -> Series:
    table = pyarrow.parquet.read_table(TELEMETRY / f"{channel}.parquet", columns=["split", "value"])
    return np.asarray(table["value"].to_numpy()[np.array(table["split"].to_pylist()) == split])


def test_the_level_shift_of_d5_is_critical_in_two_windows_in_a_row() -> None:
    profile = profile_of(rows_of("D-5", "train"), WINDOW)
    after = rows_of("D-5", "test")
    first = check_drift(profile, after[:WINDOW, None], start=START)
    second = check_drift(profile, after[WINDOW : 2 * WINDOW, None], start=first.end)
    assert [first.severity, second.severity] == [Severity.CRITICAL, Severity.CRITICAL]
    assert second.channels[0].mean_shift_sigma is not None
    assert second.channels[0].mean_shift_sigma < -1000.0


def test_the_training_rows_of_p1_raise_nothing() -> None:
    values = rows_of("P-1", "train")
    verdicts = [
        check_drift(profile_of(values[start : start + 7 * WINDOW]), values[start + 7 * WINDOW :][:WINDOW, None]).verdict
        for start in range(0, values.size - 8 * WINDOW + 1, WINDOW // 2)
    ]
    assert len(verdicts) == 7
    assert set(verdicts) == {Verdict.NONE}
