from datetime import timedelta

import pytest

from model_contract.drift import DriftReport, Severity, Verdict, check_drift, confirmed
from tests.contract.drift.references import START, WINDOW, calm

LENGTH = timedelta(minutes=WINDOW)


def report(verdict: Verdict, windows_later: float = 0.0, digest: str = "a" * 64) -> DriftReport:
    start = START + windows_later * LENGTH
    return check_drift(*calm(), start=start).model_copy(update={"verdict": verdict, "profile_digest": digest})


@pytest.mark.parametrize(
    ("previous", "current", "drift"),
    [
        pytest.param(None, Verdict.MODERATE, False, id="one moderate window is not enough"),
        pytest.param(Verdict.MODERATE, Verdict.MODERATE, True, id="two moderate windows in a row are"),
        pytest.param(Verdict.CRITICAL, Verdict.MODERATE, True, id="a worse window before counts too"),
        pytest.param(Verdict.NONE, Verdict.HIGH, False, id="a high window after a calm one must be confirmed"),
        pytest.param(Verdict.LOW, Verdict.HIGH, False, id="a window below the threshold confirms nothing"),
        pytest.param(Verdict.INSUFFICIENT_DATA, Verdict.HIGH, False, id="a window without verdict confirms nothing"),
        pytest.param(None, Verdict.CRITICAL, True, id="a critical window acts at once"),
        pytest.param(Verdict.HIGH, Verdict.LOW, False, id="drift that fades is not confirmed"),
        pytest.param(Verdict.HIGH, Verdict.INSUFFICIENT_DATA, False, id="missing data never confirm"),
    ],
)
def test_drift_is_confirmed(previous: Verdict | None, current: Verdict, *, drift: bool) -> None:
    before = None if previous is None else report(previous)
    assert confirmed(before, report(current, windows_later=1.0)).drift == drift


@pytest.mark.parametrize(
    ("verdict", "threshold", "drift"),
    [
        pytest.param(Verdict.LOW, Severity.LOW, True, id="a lower threshold takes two low windows"),
        pytest.param(Verdict.MODERATE, Severity.HIGH, False, id="a higher threshold ignores moderate ones"),
    ],
)
def test_the_threshold_is_configurable(verdict: Verdict, threshold: Severity, *, drift: bool) -> None:
    assert confirmed(report(verdict), report(verdict, windows_later=1.0), threshold).drift == drift


@pytest.mark.parametrize(
    ("windows_later", "digest", "obstacle"),
    [
        pytest.param(0.5, "a", "overlaps", id="an overlapping window holds the same rows"),
        pytest.param(2.5, "a", "whole window lies between", id="a window from long before is not the one before"),
        pytest.param(1.0, "b", "another profile", id="another profile asked another question"),
    ],
)
def test_only_the_window_right_before_confirms(windows_later: float, digest: str, obstacle: str) -> None:
    confirmation = confirmed(report(Verdict.HIGH), report(Verdict.HIGH, windows_later, digest * 64))
    assert not confirmation.drift
    assert obstacle in confirmation.message
