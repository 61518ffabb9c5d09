"""Experiments and runs, on a real MLflow server."""

import math
from collections.abc import Mapping

import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from sensormodel.conditions import Metric, Parameter, RunTag
from sensormodel.errors import InvalidRequest, Missing, NoAnswer, Refused
from sensormodel.experiments import Experiments
from sensormodel.runs import Goal
from tests.faults.fault_proxy import FaultProxy, answer


@pytest.fixture
def experiments(server: MlflowServer) -> Experiments:
    return Experiments(server.url)


class Recorder:
    """Logs runs into one experiment, each a second after the one before."""

    def __init__(self, mlflow: MlflowClient, name: str) -> None:
        self._mlflow = mlflow
        self._experiment = mlflow.create_experiment(name)
        self._time = 1_800_000_000_000

    def __call__(
        self,
        metrics: Mapping[str, float],
        parameters: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        *,
        status: str = "FINISHED",
    ) -> str:
        self._time += 1000
        run_id = str(self._mlflow.create_run(self._experiment, start_time=self._time, tags=tags).info.run_id)
        for name, value in metrics.items():
            self._mlflow.log_metric(run_id, name, value)
        for name, text in (parameters or {}).items():
            self._mlflow.log_param(run_id, name, text)
        self._mlflow.set_terminated(run_id, status)
        return run_id


@pytest.fixture
def record(mlflow: MlflowClient, own_name: str) -> Recorder:
    return Recorder(mlflow, own_name)


def test_an_experiment_is_made_archived_and_restored(experiments: Experiments, own_name: str) -> None:
    made = experiments.create(own_name, {"team": "it's ours"})
    assert (made.name, made.archived, made.tags["team"]) == (own_name, False, "it's ours")
    assert own_name in {each.name for each in experiments.list()}
    experiments.archive(own_name)
    assert own_name not in {each.name for each in experiments.list()}
    assert own_name in {each.name for each in experiments.list(archived=True)}
    experiments.restore(own_name)
    assert experiments.get(own_name) == made


def test_archiving_twice_is_the_same_as_once(experiments: Experiments, own_name: str) -> None:
    experiments.create(own_name)
    experiments.archive(own_name)
    experiments.archive(own_name)
    assert experiments.get(own_name).archived


def test_a_name_that_is_taken_is_refused(experiments: Experiments, own_name: str) -> None:
    experiments.create(own_name)
    with pytest.raises(Refused):
        experiments.create(own_name)


def test_the_name_of_an_archived_experiment_is_refused_with_the_way_out(
    experiments: Experiments, own_name: str
) -> None:
    experiments.create(own_name)
    experiments.archive(own_name)
    with pytest.raises(Refused) as told:
        experiments.create(own_name)
    assert told.value.remedy == "Restore it, or choose another name."


def test_an_unknown_experiment_is_missing(experiments: Experiments) -> None:
    with pytest.raises(Missing, match="MLflow has no experiment 'nothing'"):
        experiments.search("nothing")


def test_an_archived_experiment_is_not_searched(experiments: Experiments, own_name: str) -> None:
    experiments.create(own_name)
    experiments.archive(own_name)
    with pytest.raises(Refused):
        experiments.search(own_name)


def test_runs_are_searched_by_metric_parameter_and_tag(
    experiments: Experiments, record: Recorder, own_name: str
) -> None:
    good = record({"rmse": 0.1}, {"seed": "7"}, {"asked by": "o'hara"})
    record({"rmse": 0.9}, {"seed": "7"}, {"asked by": "o'hara"})
    record({"rmse": 0.1}, {"seed": "8"}, {"asked by": "o'hara"})
    record({"rmse": 0.1}, {"seed": "7"}, {"asked by": "kim"})
    conditions = (Metric("rmse", "<", 0.5), Parameter("seed", "=", "7"), RunTag("asked by", "like", "o'h%"))
    assert [good] == [run.run_id for run in experiments.search(own_name, *conditions)]


def test_no_value_can_change_what_is_asked(experiments: Experiments, record: Recorder, own_name: str) -> None:
    record({"rmse": 0.1}, {"seed": "7"})
    assert experiments.search(own_name, Parameter("seed", "=", "8' or params.`seed` = '7")) == ()


def test_runs_come_newest_first_and_no_more_than_asked(
    experiments: Experiments, record: Recorder, own_name: str
) -> None:
    runs = [record({"rmse": number}) for number in range(4)]
    assert [runs[3], runs[2]] == [run.run_id for run in experiments.search(own_name, limit=2)]


@pytest.mark.parametrize(("goal", "place"), [(Goal.MINIMUM, 1), (Goal.MAXIMUM, 0)])
def test_the_best_run_has_the_smallest_or_the_largest_value(
    experiments: Experiments, record: Recorder, own_name: str, goal: Goal, place: int
) -> None:
    runs = [record({"loss": value}) for value in (0.3, 0.1, 0.2)]
    assert runs[place] == experiments.best(own_name, "loss", goal).run_id


@pytest.mark.parametrize("goal", Goal)
def test_a_run_without_the_metric_or_with_nan_or_infinity_is_never_the_best(
    experiments: Experiments, record: Recorder, own_name: str, goal: Goal
) -> None:
    record({"loss": math.nan})
    record({"loss": math.inf})
    record({"loss": -math.inf})
    record({"other": 0.0})
    sound = record({"loss": 0.3})
    record({"loss": 0.3}, status="FAILED")
    assert sound == experiments.best(own_name, "loss", goal).run_id


def test_without_a_run_that_counts_there_is_no_best(experiments: Experiments, record: Recorder, own_name: str) -> None:
    record({"loss": math.nan, "rmse": 0.1})
    with pytest.raises(Missing) as told:
        experiments.best(own_name, "loss", Goal.MINIMUM)
    assert told.value.message == f"of 1 finished runs of {own_name} none has a finite loss"
    assert told.value.remedy == "Their metrics are: rmse."


def test_runs_stand_side_by_side(experiments: Experiments, record: Recorder) -> None:
    first = record({"rmse": 0.1, "loss": math.nan}, {"seed": "7", "layers": "2"})
    second = record({"rmse": 0.2}, {"seed": "8", "layers": "2"})
    found = experiments.compare(first, second)
    assert (first, second) == found.run_ids
    assert found.metrics == {"rmse": (0.1, 0.2)}
    assert found.differing_parameters == {"seed": ("7", "8")}
    assert found.parameters == {"seed": ("7", "8"), "layers": ("2", "2")}


def test_one_run_is_not_compared(experiments: Experiments) -> None:
    with pytest.raises(InvalidRequest):
        experiments.compare("one")


def test_a_run_that_is_not_there_is_missing(experiments: Experiments) -> None:
    with pytest.raises(Missing):
        experiments.compare("0" * 32, "1" * 32)


def test_the_summary_counts_only_what_is_finite(experiments: Experiments, record: Recorder, own_name: str) -> None:
    for value in (1.0, 2.0, 3.0, 6.0, math.nan):
        record({"rmse": value})
    record({"loss": 0.5}, status="FAILED")
    summary = experiments.summary(own_name)
    assert (summary.runs, summary.by_status) == (6, {"FAILED": 1, "FINISHED": 5})
    rmse = summary.metrics["rmse"]
    assert (rmse.count, rmse.mean, rmse.minimum, rmse.maximum) == (4, 3.0, 1.0, 6.0)
    assert rmse.standard_deviation == pytest.approx(math.sqrt(14 / 3))
    assert (summary.metrics["loss"].count, summary.metrics["loss"].standard_deviation) == (1, None)


def test_a_summary_of_no_runs_is_empty(experiments: Experiments, own_name: str) -> None:
    experiments.create(own_name)
    summary = experiments.summary(own_name)
    assert (summary.runs, summary.by_status, summary.metrics) == (0, {}, {})


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(NoAnswer) as told:
        Experiments("http://kim:secret@127.0.0.1:9").list()
    assert told.value.message.startswith("MLflow at http://127.0.0.1:9: listing experiments: ")
    assert "secret" not in told.value.message


def test_a_list_without_end_is_given_up(server: MlflowServer) -> None:
    with FaultProxy(server.url) as proxy, proxy.rule("experiments/search", answer(200, '{"next_page_token": "again"}')):
        with pytest.raises(NoAnswer, match="listing experiments: the same page token came twice"):
            Experiments(proxy.url).list()
        assert len(proxy.asked) == 2


def test_without_an_address_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(InvalidRequest):
        Experiments()
