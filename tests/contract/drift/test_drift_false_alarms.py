"""The rates that the documentation promises, on simulated kinds with fixed seeds: 120 independent trials each."""

import numpy as np
import pytest

from bench.drift_models import rates
from bench.drift_quality import profile_of
from bench.drift_trials import simulated_trials
from model_contract.drift import measure

TRIALS = 120


def share_found(kind: str, shift: float) -> float:
    """The share of trials with p <= .01 whose window was moved by so many standard deviations of the reference."""
    p = []
    for trial in simulated_trials(kind, TRIALS):
        profile = profile_of(trial.reference, trial.current.size)
        p.append(measure(profile, trial.current[:, None] + shift * trial.reference.std()).p[0])
    return float(np.mean(np.array(p) <= 0.01))


@pytest.mark.parametrize("kind", ["iid", "AR .9", "AR .99", "season m/4", "season m"])
def test_undrifted_windows_alarm_in_at_most_8_per_cent_at_one_per_cent(kind: str) -> None:
    """The nominal 1 %, with what 120 trials and a t approximation allow."""
    assert share_found(kind, shift=0.0) <= 0.08


@pytest.mark.parametrize(("kind", "least"), [("iid", 1.0), ("AR .9", 0.6), ("season m", 1.0)])
def test_a_shift_by_one_sigma_is_found(kind: str, least: float) -> None:
    assert share_found(kind, shift=1.0) >= least


@pytest.mark.parametrize(
    ("kind", "order", "trials"), [("iid", 16, 120), ("AR .9", 16, 120), ("season m", 16, 120), ("AR .9", 300, 40)]
)
def test_the_errors_of_a_model_alarm_as_rarely_whether_or_not_it_has_learnt_its_reference_by_heart(
    kind: str, order: int, trials: int
) -> None:
    """Fitted on the first 70 %; with 300 coefficients its errors on later rows are 1.4 times as large."""
    row = rates(kind, simulated_trials(kind, trials), order)
    assert row.false_alarms[1] <= 0.05
