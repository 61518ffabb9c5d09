"""Reads what MLflow holds about a registered model: stages, versions and their tags."""

from datetime import UTC, datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from demo.record import RegistryState, SeenVersion
from model_contract.keys import Tag
from model_operator.api.vocabulary import Stage

_PRODUCTION = "production"
_UNKNOWN = "RESOURCE_DOES_NOT_EXIST"


def read_registry(client: MlflowClient, name: str) -> RegistryState:
    """The model as it stands in MLflow; an empty state while it does not exist.

    Raises:
        RuntimeError: MLflow does not answer as it should.
    """
    try:
        aliases: dict[str, str] = client.get_registered_model(name).aliases
        versions = client.search_model_versions(f"name = '{name}'")
    except MlflowException as error:
        if error.error_code == _UNKNOWN:
            return RegistryState()
        raise RuntimeError(f"MLflow: {error}") from error
    holder = aliases.get(_PRODUCTION)
    return RegistryState(
        production=int(holder) if holder else None,
        versions=tuple(sorted(map(_version, versions), key=lambda version: version.version)),
    )


def _version(found: Any) -> SeenVersion:
    return SeenVersion(
        version=int(found.version),
        run_id=found.run_id,
        stage=found.tags.get(Tag.STAGE, Stage.NONE),
        created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        tags=dict(found.tags),
    )
