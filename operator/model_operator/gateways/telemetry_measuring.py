"""Measures one sensor's telemetry: drift and quality of its newest complete windows, from one read.

`telemetry_worker` calls it, in a worker process: importing this module loads numpy, scipy and pyarrow.
"""

import hashlib
from datetime import datetime
from typing import Final

from model_contract.drift import DriftProfile
from model_contract.quality.assess import Age, assess_quality
from model_contract.quality.report import QualityReport
from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways.telemetry_drift import judge_drift, say_what_differs
from model_operator.gateways.telemetry_files import TelemetryProblem, telemetry_files
from model_operator.gateways.telemetry_labels import find_labels
from model_operator.gateways.telemetry_rows import TelemetryTable
from model_operator.gateways.telemetry_windows import instant, nanoseconds_since_epoch
from model_operator.gateways.telemetry_windows_read import NewestRows, newest_rows

LONGEST_MESSAGE: Final = 1024  # characters, a limit of the status


def measure_newest_windows(
    plan: MeasurementPlan, profile_bytes: bytes | None, now: datetime, roots: tuple[str, ...]
) -> Measurement:
    """The measurement that the plan asks for.

    Args:
        plan: what to measure.
        profile_bytes: the drift profile that the plan names; None when it names none.
        now: when it is measured; only the age of the newest row depends on it.
        roots: folders below which telemetry may be read.

    Raises:
        TelemetryProblem: the telemetry can be judged in no way.
        DriftError: the profile is none.
    """
