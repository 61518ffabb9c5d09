"""Who comes first in line, and how the verdict tells it."""

from datetime import timedelta

import pytest

from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodelstatus import Assessment, DecisionRecord, DriftAssessment, SensorModelStatus
from model_operator.api.vocabulary import Action, Reason, Severity
from model_operator.core.claim import Claim, Urgency, after_waiting, claim_of
from model_operator.core.gates import budget_exhausted
from model_operator.core.observed import BudgetUse
from tests.builders import T0, drift, hours, model, observed, window

REQUEST = {"sensormodel.io/retrain-requested-at": "monday"}


def waiting(severity: Severity = Severity.HIGH, *, handled: str | None = None) -> SensorModelStatus:
    """A status that has been waiting for a place for three hours."""
    last = DecisionRecord(time=T0 - hours(3), action=Action.NONE, reason=Reason.BUDGET_EXHAUSTED, message="waits")
    found = DriftAssessment(
        score="0.75",
        severity=severity,
        confirmed=True,
        statistic="level",
        window_start_time=T0 - hours(24),
        window_end_time=T0,
        profile_digest="profile-1",
        reference_version=1,
    )
    assessment = Assessment(time=T0, drift=found)
    return SensorModelStatus(last_decision=last, assessment=assessment, last_handled_retrain_request=handled)


def test_a_model_that_waits_keeps_the_time_since_when() -> None:
    assert claim_of(model(status=waiting()), None, T0) == Claim(Urgency.HIGH, T0 - hours(3))


def test_a_model_that_did_not_wait_waits_since_now() -> None:
    assert claim_of(model(), None, T0) == Claim(Urgency.OTHER, T0)


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [
        (Severity.CRITICAL, Urgency.CRITICAL),
        (Severity.HIGH, Urgency.HIGH),
        (Severity.MODERATE, Urgency.MODERATE),
        (Severity.LOW, Urgency.OTHER),
        (Severity.NONE, Urgency.OTHER),
    ],
)
def test_the_measurement_of_this_pass_decides_before_the_status(severity: Severity, urgency: Urgency) -> None:
    assert claim_of(model(status=waiting()), drift(window(severity, 0.9)), T0).urgency is urgency


def test_a_request_comes_first_until_it_was_handled() -> None:
    asked = claim_of(model(status=waiting(), annotations=REQUEST), None, T0)
    handled = claim_of(model(status=waiting(handled="monday"), annotations=REQUEST), None, T0)
    assert (asked.urgency, handled.urgency) == (Urgency.REQUEST, Urgency.HIGH)


def test_a_request_longer_than_the_status_can_echo_counts_as_handled_too() -> None:
    asks = {"sensormodel.io/retrain-requested-at": "x" * 300}
    handled = model(status=waiting(handled="x" * 256), annotations=asks)
    assert claim_of(handled, None, T0).urgency is Urgency.HIGH


@pytest.mark.parametrize(
    ("urgency", "waited", "becomes"),
    [
        (Urgency.OTHER, timedelta(hours=23), Urgency.OTHER),
        (Urgency.OTHER, timedelta(hours=24), Urgency.MODERATE),
        (Urgency.OTHER, timedelta(days=30), Urgency.CRITICAL),
        (Urgency.EVALUATION, timedelta(days=4), Urgency.CRITICAL),
        (Urgency.REQUEST, timedelta(days=30), Urgency.REQUEST),
        (Urgency.HIGH, timedelta(seconds=-5), Urgency.HIGH),
    ],
)
def test_nobody_waits_for_ever(urgency: Urgency, waited: timedelta, becomes: Urgency) -> None:
    assert after_waiting(urgency, waited) is becomes


POLICY = "10 of 10 trainings of the policy are running (budget.maxConcurrent)"
ALL = "20 of 20 trainings of the operator are running (SENSORMODEL_MAX_CONCURRENT_TRAININGS)"
VERDICTS: dict[str, tuple[BudgetUse, str | None]] = {
    "a place is free": (BudgetUse(policy_running=9), None),
    "all places are taken": (BudgetUse(policy_running=10), POLICY),
    "more Jobs run than a lowered budget allows": (
        BudgetUse(policy_running=12),
        "12 of 10 trainings of the policy are running (budget.maxConcurrent)",
    ),
    "the free places belong to models that come first": (
        BudgetUse(policy_running=8, policy_ahead=2, place=3, waiting=5),
        f"{POLICY}; place 3 of 5",
    ),
    "fewer come first than places are free": (BudgetUse(policy_running=8, policy_ahead=1), None),
    "the place and the wait are told": (
        BudgetUse(policy_running=10, policy_ahead=36, place=37, waiting=190, expected_wait=timedelta(minutes=127)),
        f"{POLICY}; place 37 of 190, about 2h",
    ),
    "large numbers are rounded to two digits": (
        BudgetUse(policy_running=10, place=1234, waiting=2987, expected_wait=timedelta(hours=53)),
        f"{POLICY}; place 1200 of 3000, about 2d",
    ),
    "a short wait is told in minutes": (
        BudgetUse(policy_running=10, place=1, waiting=1, expected_wait=timedelta(seconds=20)),
        f"{POLICY}; place 1 of 1, about 1m",
    ),
    "the operator has no place": (
        BudgetUse(operator_running=20, operator_limit=20, place=4, waiting=9, expected_wait=timedelta(minutes=34)),
        f"{ALL}; place 4 of 9, about 30m",
    ),
    "the operator has a place": (BudgetUse(operator_running=19, operator_limit=20), None),
    "the last place of the operator belongs to another": (
        BudgetUse(operator_running=19, operator_ahead=1, operator_limit=20, place=2, waiting=2),
        f"{ALL}; place 2 of 2",
    ),
}


@pytest.mark.parametrize(("use", "message"), VERDICTS.values(), ids=VERDICTS.keys())
def test_the_gate_says_who_has_the_places(use: BudgetUse, message: str | None) -> None:
    verdict = budget_exhausted(observed(budget=use), RetrainingPolicySpec())
    assert (verdict.message if verdict else None) == message
