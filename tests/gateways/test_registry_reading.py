"""What tags and metrics are believed."""

import logging
import math
from collections.abc import Mapping

import pytest
from mlflow.entities import Metric, Run, RunData, RunInfo
from mlflow.entities.model_registry import ModelVersion
from mlflow.entities.model_registry import RegisteredModel as RegisteredModelEntity

from model_contract.keys import Kpi, Subject, Tag
from model_operator.api.vocabulary import Stage
from model_operator.core.observed import Version
from model_operator.gateways.registry_reading import RunMetrics, read_registered_model, read_run_metrics, runs_to_read


def version(number: int, tags: Mapping[Tag, str] | None = None) -> ModelVersion:
    made = ModelVersion(name="telemanom_P-1", version=str(number), creation_timestamp=1_772_366_400_000)
    made._run_id = f"run-{number}"
    for tag, value in (tags or {}).items():
        made.tags[tag.value] = value
    return made


def model(aliases: Mapping[str, str] | None = None) -> RegisteredModelEntity:
    made = RegisteredModelEntity(name="telemanom_P-1")
    made._aliases = dict(aliases or {})
    return made


def run(metrics: Mapping[str, float]) -> Run:
    info = RunInfo("run-1", "1", "user", "FINISHED", 0, 1, "active")
    return Run(info, RunData(metrics=[Metric(name, value, 0, 0) for name, value in metrics.items()]))


def read_one(tags: Mapping[Tag, str]) -> Version:
    return read_registered_model(model(), [version(1, tags)], {}).versions[0]


def test_version_10_is_newer_than_version_9() -> None:
    read = read_registered_model(model(), [version(number) for number in (9, 10, 1)], {})
    assert [each.version for each in read.versions] == [10, 9, 1]


@pytest.mark.parametrize(
    ("tag", "value", "field", "expected"),
    [
        pytest.param(Tag.STAGE, "Productive", "stage_tag", Stage.NONE, id="a stage that does not exist"),
        pytest.param(Tag.STAGE_MOVES, '[{"version": 1', "moves", (), id="moves that are cut"),
        pytest.param(Tag.STAGE_MOVES, '{"version": 1}', "moves", (), id="moves that are no list"),
        pytest.param(Tag.CHAMPION_VERSION, "seven", "compared_with", None, id="a champion that is no number"),
        pytest.param(Tag.COMPARISON, "better", "comparison", None, id="a verdict that does not exist"),
        pytest.param(Tag.GATE, "passed", "gate", None, id="a gate that is no JSON"),
        pytest.param(Tag.DATA_END, "yesterday", "data_end", None, id="a time that is no time"),
        pytest.param(Tag.DATA_END, "2026-03-01T00:00:00", "data_end", None, id="a time without an offset"),
        pytest.param(Tag.HELD_OUT_START, "2026-03-01", "held_out_start", None, id="a day that is no instant"),
    ],
)
def test_a_tag_that_does_not_parse_counts_as_absent_and_is_logged(
    tag: Tag, value: str, field: str, expected: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        read = read_one({tag: value})
    assert getattr(read, field) == expected
    assert f"registered model telemanom_P-1: version 1: tag {tag} is ignored: {value!r}" in caplog.text


@pytest.mark.parametrize("value", ["True", "yes", "1", ""])
def test_only_the_trainers_own_word_makes_a_version_complete(value: str) -> None:
    assert not read_one({Tag.COMPLETE: value}).is_complete


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(math.nan, id="not a number"),
        pytest.param(math.inf, id="infinite"),
        pytest.param(-math.inf, id="minus infinite"),
        pytest.param(1.7976931348623157e308, id="what MLflow makes of infinity"),
        pytest.param("0.04", id="text"),
    ],
)
def test_only_finite_numbers_are_kpis(value: float) -> None:
    read = read_run_metrics(run({"candidate_mae": value, "candidate_f1": 0.9}))
    assert read == RunMetrics(kpis={Subject.CANDIDATE: {Kpi.F1: 0.9}}, improvement_interval=None)


def test_half_an_interval_is_none() -> None:
    assert read_run_metrics(run({"improvement_lower_percent": 5.0})).improvement_interval is None


def test_metrics_are_read_of_the_20_newest_complete_versions_and_of_the_holders_of_an_alias() -> None:
    complete = {Tag.COMPLETE: "true"}
    versions = [version(number, complete if number != 30 else {}) for number in range(1, 31)]
    read = runs_to_read(model({"production": "3", "someone-elses": "5"}), versions)
    assert read == [f"run-{number}" for number in (*range(29, 9, -1), 5, 3)]
