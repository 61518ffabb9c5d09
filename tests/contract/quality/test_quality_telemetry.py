"""Real telemetry: SMAP channels P-1, which is restless, and D-5, whose level shifts after training."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet

from model_contract.quality.report import QualityCheck, QualityReport
from tests.contract.quality.windows import ROWS, Series, assess, checks, profile_of

TELEMETRY = Path(__file__).parents[3] / "demo" / "telemetry"


def reports(channel: str) -> Iterator[QualityReport]:
    """On every window after the first eight, which are the training data."""
    values: Series = pyarrow.parquet.read_table(TELEMETRY / f"{channel}.parquet")["value"].to_numpy()[:, None]
    trained = profile_of(values[: 8 * ROWS])
    for start in range(8 * ROWS, len(values) - ROWS + 1, ROWS):
        yield assess(np.array(values[start : start + ROWS]), trained=trained)


def test_healthy_windows_of_p1_are_good() -> None:
    assert min(report.score_percent for report in reports("P-1")) >= 90


def test_the_new_level_of_d5_is_no_bad_data() -> None:
    """It lies 2,000 times the range of the training data away, and must cause a training all the same."""
    found = list(reports("D-5"))
    assert min(report.score_percent for report in found) >= 85
    assert (QualityCheck.RANGE, "temperature") in checks(found[-1])
