"""What the performance trigger says: one sentence per case."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from model_contract.evaluation import EvaluationTask
from model_contract.keys import Kpi, Subject
from model_contract.result import FailureReason
from model_contract.task import TaskKind
from model_operator.api.sensormodelstatus import ConfusionCounts
from model_operator.api.vocabulary import Action, Reason
from model_operator.core.decision import Verdict
from model_operator.core.observed import BudgetUse, JobObservation, Observed
from model_operator.core.reconcile import decide
from model_operator.core.status import status_of
from tests.builders import (
    T0,
    TRAINER,
    drift,
    evaluation,
    hours,
    job,
    model,
    observed,
    policy,
    quality,
    registry,
    serving,
    window,
)

AT_PROMOTION = {Subject.CANDIDATE: {Kpi.F1: 0.85, Kpi.RMSE: 0.1}, Subject.NAIVE: {Kpi.RMSE: 0.5}}


def scored(**overrides: Any) -> Observed:
    """Version 1 serves; it had F1 0.85 and RMSE 0.1 at promotion."""
    trigger = {"checkInterval": "24h", **overrides.pop("trigger", {})}
    records = overrides.pop("records", ())
    made = {
        "kpis": AT_PROMOTION,
        "evaluations": records,
        "create_time": T0 - hours(200),
        "data_end": T0 - hours(200),
    }
    return observed(
        **{
            "policy": policy(triggers={"performance": trigger, "schedule": {"enabled": False}}),
            "registry": registry(serving(1, **(made | overrides.pop("made", {}))), production=1),
            "measurement": drift(window(), window(), quality=quality()),
            **overrides,
        }
    )


def verdict(snapshot: Observed) -> Verdict:
    return next(verdict for verdict in decide(snapshot, T0, TRAINER).verdicts if verdict.check == "performance")


@pytest.mark.parametrize(("snapshot", "reason"), [
    pytest.param(scored(trigger={"enabled": False}), Reason.TRIGGER_DISABLED, id="a disabled trigger says so"),
    pytest.param(scored(registry=registry()), Reason.NO_VERSION, id="without Production there is nothing to score"),
    pytest.param(scored(), Reason.NOT_ASSESSED, id="before the first evaluation there is no number"),
    pytest.param(scored(records=(evaluation(),)), Reason.PERFORMANCE_KEPT, id="F1 0.80 after 0.85 is within 15 percent"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.F1: 0.72}),)), Reason.PERFORMANCE_DEGRADED, id="F1 0.72 after 0.85 is 15.3 percent worse"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.F1: 0.7225}),)), Reason.PERFORMANCE_KEPT, id="exactly 15 percent worse is allowed"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.F1: 0.69}),), made={"kpis": {}}), Reason.PERFORMANCE_DEGRADED, id="the floor holds without a value from promotion"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.F1: 0.95}),)), Reason.PERFORMANCE_KEPT, id="a gain is no degradation"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.RMSE: 0.2}, anomalies=None, undetermined="there are no labels"),)),
                 Reason.CANNOT_DETERMINE, id="without labels F1 cannot be determined"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.RMSE: 0.116}),), trigger={"metric": "RMSE"}), Reason.PERFORMANCE_DEGRADED, id="an error that grows by 16 percent is a degradation"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.RMSE: 0.114}),), trigger={"metric": "RMSE"}), Reason.PERFORMANCE_KEPT, id="an error that grows by 14 percent is allowed"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.RMSE: 0.01}),), trigger={"metric": "RMSE"}), Reason.PERFORMANCE_KEPT, id="the floor has no meaning for errors"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.RMSE: 0.1}),), trigger={"metric": "RMSE"}, made={"kpis": {}}), Reason.CANNOT_DETERMINE, id="an error without a value from promotion cannot be judged"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.F1: 0.1}),), made={"data_end": T0}), Reason.PERFORMANCE_ALREADY_HANDLED, id="a window that Production has learnt does not fire again"),
    pytest.param(scored(records=(evaluation(kpis={Kpi.F1: 0.1}), evaluation(2, kpis={Kpi.F1: 0.8}))), Reason.PERFORMANCE_KEPT, id="the newest evaluation counts"),
])  # fmt: skip
def test_performance(snapshot: Observed, reason: Reason) -> None:
    found = verdict(snapshot)
    assert (reason, reason is Reason.PERFORMANCE_DEGRADED) == (found.reason, found.fires), found.message


def test_the_message_holds_every_number() -> None:
    found = verdict(scored(records=(evaluation(kpis={Kpi.F1: 0.72}),)))
    assert found.message == (
        "F1 0.72 of version 1 on 2026-11-17T12:00 to 2026-11-24T12:00Z, 15.3 % worse than 0.85 at promotion "
        "(at most 15 % worse is allowed), at least 0.70 is required"
    )


def test_a_degraded_version_is_trained_anew_once_per_window() -> None:
    snapshot = scored(records=(evaluation(kpis={Kpi.F1: 0.5}),))
    decision = decide(snapshot, T0, TRAINER)
    assert (decision.action, decision.reason) == (Action.TRAIN, Reason.PERFORMANCE_DEGRADED)
    again = decide(snapshot, T0 + hours(3), TRAINER)
    assert decision.launch is not None
    assert again.launch is not None
    assert decision.launch.manifest == again.launch.manifest


# When an evaluation is due.


@pytest.mark.parametrize("snapshot", [
    pytest.param(scored(trigger={"enabled": False}), id="the trigger is disabled"),
    pytest.param(scored(measurement=None), id="the telemetry was not read yet"),
    pytest.param(scored(made={"create_time": T0 - hours(3)}), id="the check interval has not passed since the version came"),
    pytest.param(scored(made={"data_end": T0 - hours(5)}), id="there is less than one window that the version has not learnt"),
    pytest.param(scored(records=(evaluation(end=T0, labels_digest=None, anomalies=None),)), id="the newest window was scored"),
    pytest.param(scored(records=(evaluation(end=T0 - hours(12)),)), id="the newest evaluation is young"),
    pytest.param(scored(model=model(suspend=True)), id="the model is suspended"),
    pytest.param(scored(jobs=(job(),)), id="a training is in flight"),
    pytest.param(scored(measurement=drift(window(), quality=quality(30))), id="the telemetry is bad"),
    pytest.param(scored(budget=BudgetUse(policy_running=10)), id="the budget is used up"),
    pytest.param(scored(registry=registry(serving(1))), id="no version is Production"),
])  # fmt: skip
def test_no_evaluation_starts_when(snapshot: Observed) -> None:
    assert decide(snapshot, T0, TRAINER).action is not Action.EVALUATE


def task_of(snapshot: Observed, now: datetime = T0) -> EvaluationTask:
    decision = decide(snapshot, now, TRAINER)
    assert (decision.action, decision.reason) == (Action.EVALUATE, Reason.EVALUATION_DUE), decision.message
    assert decision.launch is not None
    assert isinstance(decision.launch.task, EvaluationTask)
    return decision.launch.task


def test_a_due_evaluation_scores_the_newest_week() -> None:
    task = task_of(scored())
    assert (task.version, task.window.start, task.window.end) == (1, T0 - hours(168), T0)


def test_an_evaluation_scores_only_what_the_version_has_not_learnt() -> None:
    assert task_of(scored(made={"data_end": T0 - hours(30)})).window.start == T0 - hours(30)


def test_an_evaluation_runs_in_a_job_of_its_own_kind() -> None:
    decision = decide(scored(), T0, TRAINER)
    assert decision.launch is not None
    manifest: Any = decision.launch.manifest
    assert manifest["metadata"]["labels"]["sensormodel.io/task"] == "evaluate"
    assert manifest["spec"]["template"]["spec"]["containers"][0]["args"] == ["evaluate"]


def test_labels_that_come_late_have_the_same_window_judged_again() -> None:
    before = scored(records=(evaluation(labels_digest=None, anomalies=None),))
    assert decide(before, T0, TRAINER).action is Action.NONE
    measured = drift(window(), window(), quality=quality(), labels_digest="b" * 64)
    task = task_of(before.model_copy(update={"measurement": measured}))
    assert (task.window.end, task.labels_digest, task.message) == (T0, "b" * 64, "the labels have changed")


def test_the_same_window_and_labels_give_the_same_job() -> None:
    first, later = (decide(scored(), T0 + hours(n), TRAINER).launch for n in (0, 5))
    assert first == later


def evaluation_job(**overrides: Any) -> JobObservation:
    due = task_of(scored())
    return job(9, task=TaskKind.EVALUATE, decision_id=due.evaluation_id, **overrides)


@pytest.mark.parametrize(("ended", "minutes", "attempt"), [
    pytest.param({"failed": True}, 0, None, id="right after a failure nothing starts"),
    pytest.param({"failed": True}, 2, 2, id="after a pause it is tried again"),
    pytest.param({"failed": True, "attempt": 3}, 600, None, id="three failures are enough for one window"),
    pytest.param({"failed": True, "said": FailureReason.VERSION_UNUSABLE}, 600, None, id="what cannot work is not tried again"),
    pytest.param({"succeeded": True}, 600, None, id="a Job that left no record is not started again"),
    pytest.param({}, 600, None, id="a Job that runs is waited for"),
])  # fmt: skip
def test_a_failed_evaluation(ended: dict[str, Any], minutes: int, attempt: int | None) -> None:
    done = evaluation_job(end_time=T0 if ended else None, create_time=T0 - hours(1), **ended)
    decision = decide(scored(evaluations=(done,)), T0 + timedelta(minutes=minutes), TRAINER)
    task = decision.launch.task if decision.launch else None
    assert attempt == (task.attempt if task else None), decision.message


def test_a_failed_evaluation_is_told_and_gives_no_number() -> None:
    done = evaluation_job(
        failed=True, end_time=T0, said=FailureReason.VERSION_UNUSABLE, said_message="column cmd_3 is gone"
    )
    snapshot = scored(evaluations=(done,))
    decision = decide(snapshot, T0, TRAINER)
    assert (decision.action, decision.reason) == (Action.NONE, Reason.EVALUATION_FAILED)
    assert "column cmd_3 is gone" in decision.message
    found = next(c for c in status_of(snapshot, decision, T0).conditions if c.type == "PerformanceDegraded")
    assert found.status == "Unknown"


def test_the_newest_evaluation_stands_in_the_status() -> None:
    record = evaluation(kpis={Kpi.F1: 0.72, Kpi.RMSE: 0.12}, confusion=(2, 1, 1))
    snapshot = scored(records=(record,), made={"data_end": T0})
    status = status_of(snapshot, decide(snapshot, T0, TRAINER), T0)
    assert status.assessment is not None
    found = status.assessment.performance
    assert found is not None
    assert (found.value, found.baseline, found.degradation_percent, found.degraded) == ("0.72", "0.85", "15.3", True)
    assert found.kpis == {"F1": "0.72", "RMSE": "0.12"}
    assert found.confusion == ConfusionCounts(true_positives=2, false_positives=1, false_negatives=1)


def test_an_evaluation_is_no_entry_of_the_history() -> None:
    decision = decide(scored(), T0, TRAINER)
    status = status_of(scored(), decision, T0, launched=evaluation_job())
    assert status.last_decision is not None
    assert (status.last_decision.action, status.history) == (Action.EVALUATE, ())
    assert status.training is None
