"""Comparing KPIs in the direction in which they are better, and writing them as people read them."""

import math

from model_contract.keys import Kpi, Subject
from model_operator.core.observed import Version


def improvement_percent(value: float, other: float, kpi: Kpi) -> float:
    """By how much a value is better than another, in percent of the other; negative when worse."""
    gain = value - other if kpi.greater_is_better else other - value
    if other == 0:
        return 0.0 if gain == 0 else math.copysign(math.inf, gain)
    return 100 * gain / abs(other)


def kpi_of(version: Version, subject: Subject, kpi: Kpi) -> float | None:
    """A KPI of the run that made the version; None when it is absent or not finite."""
    value = version.kpis.get(subject, {}).get(kpi)
    return value if value is not None and math.isfinite(value) else None


def describe_kpi(version: Version, kpi: Kpi, subject: Subject = Subject.CANDIDATE) -> str:
    """A KPI as people read it, for example `RMSE 0.0421`."""
    value = kpi_of(version, subject, kpi)
    return f"{kpi} {value:.4g}" if value is not None else f"{kpi} missing"
