"""What a trainer would leave in MLflow."""

from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from model_contract.keys import Tag

EXPERIMENT = "gateway-tests"


def register_version(
    client: MlflowClient, name: str, tags: Mapping[Tag, str], metrics: Mapping[str, float]
) -> ModelVersion:
    """A finished run with metrics, and a version of it with tags."""
    run = client.create_run(_experiment(client))
    run_id = run.info.run_id
    for key, value in metrics.items():
        client.log_metric(run_id, key, value)
    client.set_terminated(run_id)
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    return client.create_model_version(
        name,
        source=f"{run.info.artifact_uri}/model",
        run_id=run_id,
        tags={key.value: value for key, value in tags.items()},
        await_creation_for=0,
    )


def _experiment(client: MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id if found else client.create_experiment(EXPERIMENT))
