"""How often the drift check alarms without drift, and how often it finds drift: `python -m bench.drift_quality`.

A trial is n reference rows followed by a window of m rows. The untouched window counts false alarms; eleven changes
made to the same window count power. Telemetry is real (SMAP/MSL), the simulated kinds differ in how strongly their rows
depend on each other. Two customary detectors stand beside: Kolmogorov-Smirnov's p and PSI.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import ks_2samp

from bench.drift_trials import (
    LONG_ROWS,
    LONG_WINDOW,
    ROWS,
    SIMULATED,
    WINDOW,
    Series,
    Trial,
    changes,
    simulated_trials,
    training_trials,
    unlabelled_trials,
)
from model_contract.drift import DriftProfile, build_profile, measure

LEVELS: Final = (0.05, 0.01, 0.001)
PSI_LIMIT: Final = 0.2
CONTINUOUS: Final = 20  # distinct values above which changes are injected
TELEMETRY: Final = Path("demo/telemetry")
START: Final = datetime(2024, 1, 1, tzinfo=UTC)  # times mean nothing here


@dataclass(frozen=True)
class Row:
    """Rates of one set of trials; `power` and `two_in_a_row` follow the levels .01 and .001."""

    name: str
    trials: int
    sources: int
    false_alarms: tuple[float, ...]  # at LEVELS
    two_in_a_row: float  # p <= .001 in this window and the next, undrifted
    power: tuple[float, float]  # mean over changes
    ks_false_alarms: float  # p < .01
    psi_false_alarms: float  # > 0.2
    found: Mapping[str, float]  # change: power at p <= .01


def profile_of(reference: Series, window_rows: int) -> DriftProfile:
    """The profile of one series."""
    return build_profile(
        reference[:, None],
        channels=("value",),
        window_rows=window_rows,
        sampling_seconds=60.0,
        start=START,
        end=START + timedelta(minutes=reference.size),
        data_digest="0" * 64,
    )


def rates(name: str, trials: Iterable[Trial], seed: int = 11) -> Row | None:
    """The rates of one set; None if it is empty."""
    random = np.random.default_rng(seed)
    clean, pairs, naive, psi, sources = [], [], [], [], set()
    found: dict[str, list[float]] = {}
    for trial in trials:
        profile = profile_of(trial.reference, trial.current.size)
        measurement = measure(profile, trial.current[:, None])
        p = float(measurement.p[0])
        sources.add(trial.source)
        clean.append(p)
        psi.append(float(measurement.description.psi[0]))
        naive.append(float(ks_2samp(trial.reference, trial.current, method="asymp").pvalue))
        if trial.later is not None:
            pairs.append(max(p, float(measure(profile, trial.later[:, None]).p[0])))
        if profile.distinct[0] > CONTINUOUS:
            for change, window in changes(trial, random).items():
                found.setdefault(change, []).append(float(measure(profile, window[:, None]).p[0]))
    if not clean:
        return None
    return Row(
        name=name,
        trials=len(clean),
        sources=len(sources),
        false_alarms=tuple(_share(clean, level) for level in LEVELS),
        two_in_a_row=_share(pairs, LEVELS[2]),
        power=(_mean_power(found, LEVELS[1]), _mean_power(found, LEVELS[2])),
        ks_false_alarms=_share(naive, LEVELS[1]),
        psi_false_alarms=float(np.mean(np.array(psi) > PSI_LIMIT)),
        found={change: _share(p, LEVELS[1]) for change, p in found.items()},
    )


def _share(p: list[float], level: float) -> float:
    return float(np.mean(np.array(p) <= level)) if p else float("nan")


def _mean_power(found: Mapping[str, list[float]], level: float) -> float:
    return float(np.mean([_share(p, level) for p in found.values()])) if found else float("nan")


def measured(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of the table; `quick` takes a third of the trials."""
    every, count = (3, 40) if quick else (1, 120)
    sets = [
        rates("telemetry, training rows", training_trials(folder, every)),
        rates("telemetry, unlabelled rows", unlabelled_trials(folder, every)),
        *(rates(kind, simulated_trials(kind, count)) for kind in SIMULATED),
    ]
    return [row for row in sets if row is not None]


def table(rows: list[Row]) -> str:
    """Aligned text, rates in per cent: false alarms and power per set, then what was found by change."""
    lines = [
        f"{'':<28}{'':>7}{'':>8}  | false alarms, p <=   2 in |  power, p <= | KS p <= .01  PSI > .2",
        f"{'set':<28}{'trials':>7}{'sources':>8}  |   .05   .01  .001   a row |   .01   .001 | false alarms    false",
    ]
    for row in rows:
        alarms = "".join(f"{100 * rate:6.1f}" for rate in (*row.false_alarms, row.two_in_a_row))
        power = "".join(f"{100 * rate:7.0f}" for rate in row.power)
        others = f"{100 * row.ks_false_alarms:13.0f}{100 * row.psi_false_alarms:9.0f}"
        lines.append(
            f"{row.name:<28}{row.trials:>7}{row.sources:>8}  |{alarms[:18]}{alarms[18:]:>8} |{power[1:]} |{others}"
        )
    names = list(rows[0].found)
    lines += ["", f"{'found at p <= .01':<28}" + "".join(f"{name:>11}" for name in names)]
    lines += [
        f"{row.name:<28}" + "".join(f"{100 * row.found[name]:11.0f}" for name in names) for row in rows if row.found
    ]
    return "\n".join(lines)


NOTE: Final = f"""
Per cent of trials. Reference and window: {ROWS} and {WINDOW} rows ({LONG_ROWS} and {LONG_WINDOW} for unlabelled rows).
Telemetry trials start half a window apart and overlap; simulated ones are independent. Changes go into the same windows
where the reference has more than {CONTINUOUS} distinct values; power is the mean over changes. "2 in a row": p <= .001
in the undrifted window and in the next one."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the trials")
    parser.add_argument("--data", type=Path, default=TELEMETRY, help="folder of Parquet files: columns split, value")
    options = parser.parse_args()
    print(table(measured(options.data, quick=options.quick)))
    print(NOTE)


if __name__ == "__main__":
    main()
