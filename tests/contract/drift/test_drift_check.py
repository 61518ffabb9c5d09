from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from model_contract.drift import DriftReport, Rule, Verdict, View, WindowMismatch, check_drift
from model_contract.severity import Severity
from tests.contract.drift.references import ROWS, START, WINDOW, Series, calm, calm_channels, correlated, profile_of

SIGMA = 2.0  # of the calm channel


def stretched(window: Series) -> Series:
    return np.interp(np.arange(WINDOW) / 3.0, np.arange(WINDOW), window[:, 0])[:, None]


def noisy(window: Series) -> Series:
    return window + SIGMA * np.random.default_rng(2).normal(size=window.shape)


def with_missing(window: Series, share: float) -> Series:
    """The window with its last rows missing: a gap that is never filled."""
    return np.where(np.arange(WINDOW)[:, None] < round(WINDOW * (1.0 - share)), window, np.nan)


@pytest.mark.parametrize(
    ("change", "view"),
    [
        pytest.param(lambda window: window + 3.0 * SIGMA, View.LEVEL, id="a level shift is found by the level view"),
        pytest.param(stretched, View.DYNAMICS, id="slower changes are found by the dynamics view"),
        pytest.param(noisy, View.RESIDUAL, id="noise is found by the residual view"),
    ],
)
def test_each_view_finds_its_kind_of_drift(change: Callable[[Series], Series], view: View) -> None:
    profile, window = calm()
    (channel,) = check_drift(profile, change(window)).channels
    significant = {result.view for result in channel.views if result.p <= 0.001 / 3}
    assert view in significant
    assert channel.p is not None
    assert channel.p <= 0.001


def test_an_undrifted_window_has_no_drift() -> None:
    report = check_drift(*calm())
    assert (report.verdict, report.drifted_channels) == (Verdict.NONE, ())
    assert report.score < 0.3
    assert report.reason.startswith("no drift, p = ")


def test_the_reason_names_the_statistic_beside_the_reference_windows() -> None:
    profile, window = calm()
    report = check_drift(profile, window + 4.0 * SIGMA)
    (channel,) = report.channels
    level = channel.views[0]
    assert level.statistic == pytest.approx(4.0, abs=0.6)
    assert level.reference_max is not None
    assert level.reference_max < 1.0
    assert channel.statement in report.reason
    assert "reference windows" in channel.statement


def test_descriptions_are_reported_beside_the_verdict() -> None:
    profile, window = calm()
    (channel,) = check_drift(profile, window + 3.0 * SIGMA).channels
    (undrifted,) = check_drift(profile, window).channels
    assert channel.mean_shift_sigma is not None
    assert undrifted.mean_shift_sigma is not None
    shift = channel.mean_shift_sigma - undrifted.mean_shift_sigma
    assert shift == pytest.approx(3.0 * SIGMA / profile.sigma[0], rel=1e-4)
    assert channel.sd_ratio == pytest.approx(undrifted.sd_ratio, rel=1e-4)
    assert channel.population_stability_index is not None
    assert channel.population_stability_index > 0.2
    assert channel.kolmogorov_smirnov is not None
    assert channel.kolmogorov_smirnov > 0.8
    assert channel.jensen_shannon_distance is not None
    assert channel.jensen_shannon_distance > 0.8


@pytest.mark.parametrize("decimals", [0, 3])
def test_kolmogorov_smirnov_is_close_to_its_exact_value(decimals: int) -> None:
    """From 256 points of the profile, with many ties and with none."""
    values = np.round(correlated(ROWS + WINDOW, seed=9) + np.repeat([0.0, 1.0], [ROWS, WINDOW]), decimals)
    reference, current = np.sort(values[:ROWS]), np.sort(values[ROWS:])
    points = np.union1d(reference, current)
    share_of_reference = np.searchsorted(reference, points, side="right") / ROWS
    share_of_current = np.searchsorted(current, points, side="right") / WINDOW
    exact = np.abs(share_of_reference - share_of_current).max()
    (channel,) = check_drift(profile_of(values[:ROWS]), values[ROWS:, None]).channels
    assert channel.kolmogorov_smirnov == pytest.approx(exact, abs=0.005)


def test_a_view_within_the_reference_windows_never_alarms() -> None:
    profile, window = calm()
    largest = profile.null_max[0, 0]
    for shift in np.linspace(0.0, 2.0, 41):
        (channel,) = check_drift(profile, window + shift).channels
        level = channel.views[0]
        assert level.statistic is not None
        assert level.statistic > largest or level.p >= 2 / 26


# --- plain rules -------------------------------------------------------------------------------------------------


def test_a_stuck_sensor_is_at_least_high() -> None:
    profile, window = calm()
    report = check_drift(profile, np.full_like(window, window[0, 0]))
    assert report.p is not None
    assert report.p <= 1e-4


def test_a_stuck_window_is_high_by_rule_where_the_views_see_little() -> None:
    """Pulses of very different height: a window without any is new, but hardly changes a distribution."""
    random = np.random.default_rng(4)
    values = np.zeros(ROWS)
    pulses = np.cumsum(random.integers(60, 240, size=30))
    values[pulses[pulses < ROWS]] = random.exponential(5.0, size=np.count_nonzero(pulses < ROWS)) ** 2
    report = check_drift(profile_of(values), np.zeros((WINDOW, 1)))
    assert (report.channels[0].rule, report.verdict) == (Rule.STUCK, Verdict.HIGH)
    assert "one value for the whole window" in report.reason


def test_one_value_is_no_fault_where_the_reference_held_one_as_long() -> None:
    values = correlated(ROWS, seed=3)
    values[300 : 300 + 2 * WINDOW] = values[300]
    report = check_drift(profile_of(values), np.full((WINDOW, 1), values[300]))
    assert report.channels[0].rule is Rule.VIEWS


@pytest.mark.parametrize(
    ("outside", "verdict"),
    [
        pytest.param(0, Verdict.NONE, id="staying is no drift"),
        pytest.param(1, Verdict.LOW, id="one row outside the band is low"),
        pytest.param(3, Verdict.HIGH, id="more than one per cent of rows outside is high"),
        pytest.param(WINDOW, Verdict.HIGH, id="leaving for good is high"),
    ],
)
def test_a_constant_reference_is_judged_by_its_band(outside: int, verdict: Verdict) -> None:
    window = np.full((WINDOW, 1), 20.0)
    window[:outside] = 20.1
    report = check_drift(profile_of(np.full(ROWS, 20.0)), window)
    assert (report.verdict, report.channels[0].rule) == (verdict, Rule.CONSTANT)
    assert report.channels[0].views == ()
    assert report.channels[0].mean_shift_sigma is None


def test_a_constant_may_waver_by_a_thousandth() -> None:
    assert check_drift(profile_of(np.full(ROWS, 20.0)), np.full((WINDOW, 1), 20.019)).verdict is Verdict.NONE


# --- missing readings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "verdict"),
    [
        pytest.param(0.0, Verdict.CRITICAL, id="a whole window gives the full verdict"),
        pytest.param(0.19, Verdict.CRITICAL, id="four fifths of a window give the full verdict"),
        pytest.param(0.21, Verdict.LOW, id="less than four fifths give at most low"),
        pytest.param(0.49, Verdict.LOW, id="just over half gives at most low"),
        pytest.param(0.51, Verdict.INSUFFICIENT_DATA, id="less than half gives no verdict"),
        pytest.param(1.0, Verdict.INSUFFICIENT_DATA, id="nothing gives no verdict"),
    ],
)
def test_coverage_limits_the_verdict(missing: float, verdict: Verdict) -> None:
    profile, window = calm()
    report = check_drift(profile, with_missing(window + 20.0 * SIGMA, missing))
    assert report.verdict is verdict
    assert report.coverage == pytest.approx(1.0 - missing, abs=0.003)


def test_insufficient_data_is_no_severity_and_says_why() -> None:
    profile, window = calm()
    report = check_drift(profile, with_missing(window, 0.6))
    assert (report.severity, report.score) == (None, 0.0)
    assert report.reason == "40% of the window has readings, at least 50% are needed"


def test_no_drift_is_not_claimed_while_one_channel_is_dead() -> None:
    profile, window = calm_channels()
    window = window.copy()
    window[:, 2] = np.nan
    report = check_drift(profile, window)
    assert report.verdict is Verdict.INSUFFICIENT_DATA
    assert report.reason == "too few readings to exclude drift in c2 (0% of rows)"


def test_drift_in_one_channel_stands_while_another_is_dead() -> None:
    profile, window = calm_channels(8)
    window = window.copy()
    window[:, 2] = np.nan
    window[:, 5] += 20.0 * SIGMA
    report = check_drift(profile, window)
    assert (report.verdict, report.drifted_channels) == (Verdict.CRITICAL, ("c5",))


def test_short_gaps_cost_coverage_and_no_verdict() -> None:
    profile, window = calm()
    holed = window.copy()
    for first in range(5, WINDOW - 5, 17):
        holed[first : first + 3] = np.nan
    report = check_drift(profile, holed)
    assert report.coverage == pytest.approx(1.0 - 45 / WINDOW)
    assert report.verdict is Verdict.NONE
    assert all(view.statistic is not None for view in report.channels[0].views)


def test_gaps_that_leave_no_history_silence_the_residual_view() -> None:
    """Four of every 21 rows missing: four fifths are there, but hardly a row has its sixteen predecessors."""
    profile, window = calm()
    holed = window.copy()
    holed[np.arange(WINDOW) % 21 < 4] = np.nan
    (channel,) = check_drift(profile, holed).channels
    assert channel.coverage > 0.8
    assert [view.statistic is None for view in channel.views] == [False, False, True]
    assert channel.severity is Severity.NONE


def test_nothing_is_claimed_against_a_reference_without_readings() -> None:
    report = check_drift(profile_of(np.full(ROWS, np.nan)), np.ones((WINDOW, 1)))
    assert report.verdict is Verdict.INSUFFICIENT_DATA
    assert report.reason == "too few readings in the reference: not judged: 100% of the reference is missing"


def test_a_channel_that_the_reference_lacks_is_left_out() -> None:
    values = np.column_stack([correlated(ROWS, seed=1), np.full(ROWS, np.nan)])
    window = np.column_stack([correlated(WINDOW, seed=2), np.ones(WINDOW)])
    report = check_drift(profile_of(values), window)
    assert report.channels[1].rule is Rule.UNCALIBRATED
    assert report.channels[1].p is None
    assert report.verdict is not Verdict.INSUFFICIENT_DATA


# --- models of several channels ----------------------------------------------------------------------------------


def test_drifted_channels_are_named_the_most_certain_first() -> None:
    profile, window = calm_channels()
    report = check_drift(profile, window + np.array([0.0, 8.0, 0.0, 40.0]) * SIGMA)
    assert report.drifted_channels == ("c3", "c1")
    assert report.reason.startswith("c3: ")


def test_more_channels_weigh_the_evidence_of_one_less() -> None:
    """Simes: the smallest of k independent p is multiplied by k when nothing else stands out."""
    profile, window = calm_channels()
    report = check_drift(profile, window + np.array([6.0, 0.0, 0.0, 0.0]) * SIGMA)
    assert report.p == pytest.approx(4.0 * (report.channels[0].p or 0.0))


# --- the report --------------------------------------------------------------------------------------------------


def test_a_report_survives_json() -> None:
    profile, window = calm_channels()
    window = with_missing(window, 0.3)
    report = check_drift(profile, window, start=START)
    assert DriftReport.model_validate_json(report.to_json()) == report


def test_the_report_states_the_window_and_the_profile() -> None:
    profile, window = calm()
    report = check_drift(profile, window, start=START)
    assert (report.start, report.end) == (START, START + timedelta(minutes=WINDOW))
    assert report.profile_digest == profile.digest
    assert report.smallest_detectable_shift_sigma == profile.min_detectable[0]


@pytest.mark.parametrize("shape", [(WINDOW - 1, 1), (WINDOW, 2), (WINDOW,)])
def test_a_window_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(WindowMismatch, match=rf"the profile needs \({WINDOW}, 1\)"):
        check_drift(calm()[0], np.zeros(shape))


def test_a_wild_reading_does_not_overflow() -> None:
    profile, window = calm()
    window = window.copy()
    window[7] = -1e99
    assert check_drift(profile, window).severity is not None


@pytest.mark.parametrize(
    ("missing", "risen"),
    [
        pytest.param(0.0, False, id="nothing is missing"),
        pytest.param(0.14, False, id="hardly more is missing than in the worst window of the reference"),
        pytest.param(0.17, True, id="clearly more is missing than ever in the reference"),
        pytest.param(1.0, True, id="everything is missing"),
    ],
)
def test_a_rise_of_the_missing_share_is_told_beside_the_verdict(missing: float, *, risen: bool) -> None:
    values = correlated(ROWS, seed=1)
    values[500 : 500 + WINDOW // 10] = np.nan
    window = with_missing(correlated(WINDOW, seed=2)[:, None], missing)
    report = check_drift(profile_of(values), window)
    assert report.missing_more == (("c0",) if risen else ())
    assert (report.verdict is Verdict.NONE) == (missing < 0.5)
