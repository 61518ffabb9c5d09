"""MLflow is lost in the middle of a training, at each kind of request: nothing half-made counts, the next pod ends it."""

import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Tag
from model_contract.result import FailureReason
from model_trainer.errors import TryAgain
from model_trainer.interruption import Interruption
from model_trainer.pipeline import train
from model_trainer.settings import Settings
from tests.faults.fault_proxy import FaultProxy, answer
from tests.trainer.lossy_proxy import LossyProxy
from tests.trainer.registry_view import runs_of_job, versions
from tests.trainer.telemetry_files import a_task

PHASES = {
    "when the experiment is looked up": ("GET /api/2.0/mlflow/experiments/get-by-name", False),
    "when its run is opened": ("POST /api/2.0/mlflow/runs/create", False),
    "when its run is opened, and only the answer is lost": ("POST /api/2.0/mlflow/runs/create", True),
    "when the model is claimed": ("POST /api/2.0/mlflow/registered-models/create", False),
    "when parameters are logged": ("units", False),
    "when figures are uploaded": ("figures/", False),
    "when the model is created": ("POST /api/2.0/mlflow/logged-models ", False),
    "when the model is uploaded": ("model.keras", False),
    "when the version is created": ("POST /api/2.0/mlflow/model-versions/create", False),
    "when the version is created, and only the answer is lost": ("POST /api/2.0/mlflow/model-versions/create", True),
    "when the run ends": ("FINISHED", False),
    "when the version is said to be complete": (Tag.COMPLETE.value, False),
}


@pytest.mark.parametrize(("lost_at", "only_the_answer"), PHASES.values(), ids=PHASES.keys())
def test_mlflow_is_lost(
    client: MlflowClient,
    mlflow_server: MlflowServer,
    settings: Settings,
    request: pytest.FixtureRequest,
    lost_at: str,
    only_the_answer: bool,  # noqa: FBT001
) -> None:
    name = f"lost_{list(PHASES).index(request.node.callspec.id)}"
    task = a_task(registeredModel=name, hyperparameters={"epochs": "1", "units": "4"})
    settings = settings.model_copy(update={"job_uid": name, "registry_patience_seconds": 0.0})

    with LossyProxy(mlflow_server.url, lost_at, only_the_answer=only_the_answer) as proxy:
        settings = settings.model_copy(update={"tracking_uri": proxy.url})
        with pytest.raises(TryAgain, match="MLflow has been away") as ended:
            train(task, settings, Interruption())

        assert ended.value.reason is FailureReason.REGISTRY_UNAVAILABLE
        assert proxy.lost.is_set()
        assert [version.tags.get(Tag.COMPLETE) for version in versions(client, name)] in ([], [None])

        proxy.mend()
        done = train(task, settings, Interruption())

    (version,) = versions(client, name)
    assert (int(version.version), version.tags[Tag.COMPLETE]) == (done.version, "true")
    assert [run.info.status for run in runs_of_job(client, settings)] == ["FINISHED"]


def test_a_redirect_to_another_host_is_refused_and_takes_no_credentials_along(
    mlflow_server: MlflowServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "canary-secret")
    with FaultProxy(mlflow_server.url) as proxy, FaultProxy(mlflow_server.url) as elsewhere:
        settings = settings.model_copy(update={"tracking_uri": proxy.url, "registry_patience_seconds": 0.0})
        with (
            proxy.rule(".", answer(302, Location=elsewhere.url)),
            pytest.raises(TryAgain, match="redirects are not followed: name MLflow's final URL") as ended,
        ):
            train(a_task(), settings, Interruption())
        assert ended.value.reason is FailureReason.REGISTRY_UNAVAILABLE
        assert proxy.asked[-1].headers["Authorization"] == "Bearer canary-secret"
        assert elsewhere.asked == []
