"""The drift check's speed and quality with their bars; `bench.drift_speed` and `bench.drift_quality` measure them.

Called by `bench.__main__`.
"""

from collections.abc import Sequence
from textwrap import fill
from typing import Any, Final

from bench import drift_models, drift_quality, drift_speed
from bench.processes import ROOT
from bench.table import Bar

_STATIONARY: Final = (
    "iid",
    "AR .9",
    "AR .99",
    "season m/4",
    "season m",
)  # kinds whose windows look like their reference
_SPEED: Final = fill(
    "Beside scipy's two-sample Kolmogorov-Smirnov test, in one process on the same data:"
    f" {drift_speed.ROWS} reference and {drift_speed.WINDOW} current rows per channel, processor time of the best"
    " of several runs, one BLAS thread. MiB: resident after the import.",
    120,
)
_ALARMS_AT: Final = drift_quality.LEVELS.index(0.01)


def measure_drift(*, quick: bool) -> tuple[str, list[Bar], dict[str, Any]]:
    """Text, bars and raw rows; `quick` takes a third of the trials."""
    times, imports = drift_speed.measured_times(quick=quick), drift_speed.measured_imports(quick=quick)
    rates = drift_quality.measured(ROOT / drift_quality.TELEMETRY, quick=quick)
    speed = f"== Drift: speed\n{_SPEED}\n\n{drift_speed.table(times, imports)}"
    by_models = drift_models.measured(ROOT / drift_quality.TELEMETRY, quick=quick)
    quality = f"== Drift: quality\n{drift_quality.NOTE.strip()}\n\n{drift_quality.table(rates)}"
    bars = [*speed_bars(times, imports), *quality_bars(rates)]
    text = f"{speed}\n\n{quality}\n\n{drift_models.table(by_models).render()}"
    return text, bars, {"times": times, "imports": imports, "rates": rates, "models": by_models}


def speed_bars(times: Sequence[drift_speed.Row], imports: Sequence[drift_speed.ImportRow]) -> list[Bar]:
    """Time of a check beside scipy's test alone, and what a process that checks needs."""
    took = {row.name: row for row in times}
    imported = {row.name: row for row in imports}
    batch, ours, scipy = times[1], imported["model_contract.drift"], imported["numpy, scipy.stats"]
    return [
        Bar(
            "drift: scipy's KS test over a check",
            took['scipy ks_2samp(method="asymp")'].times_check,
            10.0,
            "x",
            at_least=True,
        ),
        Bar("drift: 1,000 sensors in one batch", batch.microseconds_per_channel * 1_000 / 1e3, 100.0, " ms"),
        Bar(
            "drift: profile of a channel",
            took["build_profile, once per version"].microseconds_per_channel / 1e3,
            4.0,
            " ms",
        ),
        Bar("drift: import, time over scipy.stats", ours.seconds / scipy.seconds, 0.6, "x"),
        Bar("drift: import, memory", ours.resident_mib, 60.0, " MiB"),
    ]


def quality_bars(rates: Sequence[drift_quality.Row]) -> list[Bar]:
    """False alarms where nothing has changed, and what must be found."""
    by_name = {row.name: row for row in rates}
    false = {name: 100 * by_name[name].false_alarms[_ALARMS_AT] for name in _STATIONARY}
    worst = max(false, key=lambda name: false[name])
    twice = max(rates, key=lambda row: row.two_in_a_row)
    return [
        Bar(f"drift: false alarms at p <= .01, worst stationary kind ({worst})", false[worst], 8.0, " %"),
        Bar(f"drift: two false alarms in a row, worst kind ({twice.name})", 100 * twice.two_in_a_row, 1.5, " %"),
        Bar("drift: +1 sigma found, iid", 100 * by_name["iid"].found["mean+1"], 100.0, " %", at_least=True),
        Bar("drift: +1 sigma found, AR .9", 100 * by_name["AR .9"].found["mean+1"], 60.0, " %", at_least=True),
    ]
