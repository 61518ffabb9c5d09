"""What a drift check costs beside scipy's Kolmogorov-Smirnov test alone: `python -m bench.drift_speed`.

Both run in this process on the same data: 10,080 reference and 1,440 current rows, a week and a day of minutes. Times
are processor time of the best of several runs, so that other load disturbs little; compare ratios across machines, not
times.
"""

import argparse
import os
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import psutil
from scipy.stats import ks_2samp

from bench.drift_quality import START
from model_contract.drift import DriftProfile, build_profile, check_drift, measure

ROWS: Final = 10_080
WINDOW: Final = 1_440
CHANNELS: Final = 25
FLEET: Final = 1_000
IMPORTS: Final = {
    "python alone": "pass",
    "numpy": "import numpy",
    "model_contract.drift": "import model_contract.drift",
    "numpy, scipy.stats": "import numpy, scipy.stats",
}
_PROBE: Final = """
import sys, time
begun = time.perf_counter()
{statement}
seconds = time.perf_counter() - begun
print(seconds, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Row:
    """One timed thing."""

    name: str
    microseconds_per_channel: float
    times_check: float  # as a multiple of the batched `measure`


@dataclass(frozen=True)
class ImportRow:
    """What importing costs a new process."""

    name: str
    seconds: float
    resident_mib: float


def _profile(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> DriftProfile:
    return build_profile(
        values,
        channels=tuple(f"channel {number}" for number in range(values.shape[1])),
        window_rows=WINDOW,
        sampling_seconds=60.0,
        start=START,
        end=START,
        data_digest="0" * 64,
    )


def _best(run: Callable[[], object], channels: int, repetitions: int) -> float:
    times = timeit.repeat(run, timer=time.process_time, number=1, repeat=repetitions)
    return min(times) / channels * 1e6


def measured_times(*, quick: bool) -> list[Row]:
    """Microseconds per channel of building, checking and of the test beside it."""
    random = np.random.default_rng(3)
    walk = np.cumsum(random.normal(size=(ROWS + WINDOW, CHANNELS)), axis=0) * 0.01
    values = walk + random.normal(size=walk.shape)
    reference, current = values[:ROWS], values[ROWS:]
    profile = _profile(reference)
    single = _profile(reference[:, :1])
    fleet = FLEET // 4 if quick else FLEET
    columns = np.arange(fleet) % CHANNELS
    fleet_profile, fleet_current = _profile(reference[:, columns]), current[:, columns]
    stored = profile.to_bytes()
    few = 3 if quick else 10
    timed = {
        "measure, 25 channels at once": _best(lambda: measure(profile, current), CHANNELS, 10 * few),
        f"measure, {fleet} channels at once": _best(lambda: measure(fleet_profile, fleet_current), fleet, few),
        "measure, one channel": _best(lambda: measure(single, current[:, :1]), 1, 30 * few),
        "check_drift, 25 channels, with report": _best(lambda: check_drift(profile, current), CHANNELS, 10 * few),
        "check_drift, one channel, with report": _best(lambda: check_drift(single, current[:, :1]), 1, 30 * few),
        "DriftProfile.from_bytes, 25 channels": _best(lambda: DriftProfile.from_bytes(stored), CHANNELS, 3 * few),
        "build_profile, once per version": _best(lambda: _profile(reference), CHANNELS, few),
        'scipy ks_2samp(method="asymp")': _best(
            lambda: [
                ks_2samp(reference[:, channel], current[:, channel], method="asymp") for channel in range(CHANNELS)
            ],
            CHANNELS,
            few,
        ),
    }
    check = next(iter(timed.values()))
    return [Row(name, time, time / check) for name, time in timed.items()]


def measured_imports(*, quick: bool) -> list[ImportRow]:
    """Seconds and resident memory of imports, each in new processes, the best of several."""
    rows = []
    for name, statement in IMPORTS.items():
        costs = [_import_cost(statement) for _ in range(2 if quick else 5)]
        rows.append(ImportRow(name, min(seconds for seconds, _ in costs), min(mib for _, mib in costs)))
    return rows


def _import_cost(statement: str) -> tuple[float, float]:
    """Seconds and MiB of a statement in a new process, which waits until it has been looked at."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", _PROBE.format(statement=statement)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        seconds = float(process.stdout.readline())
        return seconds, psutil.Process(process.pid).memory_info().rss / 2**20


def table(times: list[Row], imports: list[ImportRow]) -> str:
    """Two aligned tables."""
    lines = [f"{'':<40}{'us/channel':>12}{'x measure':>12}"]
    lines += [f"{row.name:<40}{row.microseconds_per_channel:12.0f}{row.times_check:12.2f}" for row in times]
    lines += ["", f"{'import in a new process':<40}{'seconds':>12}{'MiB':>12}"]
    lines += [f"{row.name:<40}{row.seconds:12.2f}{row.resident_mib:12.0f}" for row in imports]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    quick = parser.parse_args().quick
    print(table(measured_times(quick=quick), measured_imports(quick=quick)))
    print(
        f"\nProcessor time, best of several runs in one process, {ROWS} reference and {WINDOW} current rows a channel; "
        "one BLAS thread\nif OPENBLAS_NUM_THREADS=1 is set. MiB: resident after the import."
    )


if __name__ == "__main__":
    main()
