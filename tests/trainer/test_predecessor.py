"""A version on probation is scored beside the one that served before it, on the same rows, against a real MLflow server."""

from collections.abc import Callable
from datetime import datetime

import pytest
from mlflow import MlflowClient

from model_contract.evaluation import EVALUATIONS, EvaluationRecord, EvaluationTask
from model_contract.keys import ComparisonVerdict, Kpi, Subject, Tag, kpi_metric
from model_trainer.evaluation import evaluate
from model_trainer.interruption import Interruption
from model_trainer.pipeline import train
from model_trainer.settings import Settings
from tests.trainer.registry_view import Trained
from tests.trainer.telemetry_files import SMALL, a_task, an_evaluation


@pytest.fixture(scope="session")
def second(first: Trained) -> Trained:
    """The second version of the model, fitted for one epoch only."""
    settings = first.settings.model_copy(update={"job_uid": "second-job"})
    changes = {"hyperparameters": SMALL | {"epochs": "1", "units": "2", "n_predictions": "3"}, "championVersion": 1}
    task = a_task(registeredModel=first.name, decisionId="decision-2", **changes)
    return Trained(task, settings, train(task, settings, Interruption()))


@pytest.fixture
def scored(
    client: MlflowClient, second: Trained, settings: Settings, request: pytest.FixtureRequest
) -> Callable[[int], EvaluationRecord]:
    """Scores the second version beside another one."""

    def score(predecessor: int) -> EvaluationRecord:
        task = an_evaluation(second.task, second.done.version, request.node.name, predecessor=predecessor)
        evaluate(task, settings, Interruption())
        tags = client.get_model_version(second.name, str(second.done.version)).tags
        return EVALUATIONS.validate_json(tags[Tag.EVALUATIONS])[-1]

    return score


def test_both_are_scored_on_the_same_rows_and_compared(
    client: MlflowClient, first: Trained, scored: Callable[[int], EvaluationRecord]
) -> None:
    record = scored(first.done.version)
    found = record.predecessor
    assert found is not None
    assert found.version == first.done.version
    assert found.problem is None
    improvement = 100 * (1 - found.kpis[Kpi.RMSE] / record.kpis[Kpi.RMSE])
    assert found.improvement_percent == pytest.approx(improvement, abs=1e-3)
    assert found.interval_percent is not None
    lower, upper = found.interval_percent
    assert lower <= improvement <= upper
    assert found.verdict is (
        ComparisonVerdict.BETTER
        if lower > 0
        else ComparisonVerdict.NOT_BETTER
        if upper <= 0
        else ComparisonVerdict.CANNOT_TELL
    )
    metrics = client.get_run(record.run_id).data.metrics
    assert metrics[kpi_metric(Subject.PREDECESSOR, Kpi.RMSE)] == pytest.approx(found.kpis[Kpi.RMSE], rel=1e-4)


def test_a_version_is_not_better_than_itself(second: Trained, scored: Callable[[int], EvaluationRecord]) -> None:
    found = scored(second.done.version).predecessor
    assert found is not None
    assert (found.verdict, found.improvement_percent) == (ComparisonVerdict.NOT_BETTER, 0)


def test_a_predecessor_that_is_gone_leaves_the_evaluation_whole(scored: Callable[[int], EvaluationRecord]) -> None:
    record = scored(99)
    assert record.predecessor is not None
    assert record.predecessor.verdict is ComparisonVerdict.CANNOT_TELL
    assert "models:/telemanom_first/99 cannot be used" in (record.predecessor.problem or "")
    assert Kpi.RMSE in record.kpis


def test_without_a_predecessor_none_is_recorded(
    client: MlflowClient, first: Trained, settings: Settings, task: Callable[..., EvaluationTask]
) -> None:
    evaluate(task(), settings, Interruption())
    tags = client.get_model_version(first.name, str(first.done.version)).tags
    assert EVALUATIONS.validate_json(tags[Tag.EVALUATIONS])[-1].predecessor is None


def test_a_version_says_where_what_it_learnt_ends(client: MlflowClient, second: Trained) -> None:
    tags = client.get_model_version(second.name, str(second.done.version)).tags
    start, held_out, end = (
        datetime.fromisoformat(tags[tag]) for tag in (Tag.DATA_START, Tag.HELD_OUT_START, Tag.DATA_END)
    )
    assert (held_out - start) / (end - start) == pytest.approx(0.85, abs=0.001)
