"""The blocking calls of `MlflowClient` that make up the registry gateway.

Used by `registry.py`, which runs them in threads. What the answers mean stands in `registry_reading`, how calls fail in
`registry_failures`.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final, assert_never

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import RestException
from mlflow.store.entities import PagedList

from model_contract.keys import ARTIFACT_DRIFT_PROFILE, Tag
from model_contract.progress import TrainingProgress
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import (
    DeleteAlias,
    RecordMoves,
    RegistryWrite,
    SetAlias,
    SetGate,
    SetOwner,
    SetStageTag,
)
from model_operator.core.observed import RegisteredModel
from model_operator.gateways.errors import Conflict, NotFound, Permanent
from model_operator.gateways.registry_failures import UnlikeMlflow, registry_errors
from model_operator.gateways.registry_pages import all_pages
from model_operator.gateways.registry_progress import ProgressCalls
from model_operator.gateways.registry_reading import (
    RunMetrics,
    moves_tag,
    read_registered_model,
    read_run_metrics,
    runs_to_read,
)
from model_operator.gateways.registry_sweep import sweep_models

_VERSIONS_PER_PAGE: Final = 500
_NOBODYS_MODEL: Final = "sensormodel.io"
_LARGEST_PROFILE: Final = 16 * 2**20  # bytes
_REMEMBERED_RUNS: Final = 4096  # whose metrics are kept; about 1 KiB each


class RegistryCalls:
    """What `ModelRegistry` promises, blocking. Safe to call from several threads.

    Args:
        client: of the server.
        uri: of the server, for messages.
    """

    def __init__(self, client: MlflowClient, uri: str) -> None:
        self._client = client
        self._uri = uri
        self._metrics: dict[str, RunMetrics] = {}
        self._progress = ProgressCalls(client)

    def sweep(self) -> dict[str, str]:
        """The name and a fingerprint of every registered model."""
        found = sweep_models(self._uri)
        if not found:  # many a thing answers with nothing, but only MLflow says by name that a model does not exist
            self.read_model(_NOBODYS_MODEL)
        return found

    def read_model(self, name: str) -> RegisteredModel:
        """The model with its versions; an empty one when MLflow says that it does not exist."""
        with registry_errors(self._uri, f"reading registered model {name}"):
            try:
                entity = self._client.get_registered_model(name)
            except RestException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return RegisteredModel(name=name)
            if entity.name != name:  # the client makes an empty model of any JSON object
                raise UnlikeMlflow(f"the answer is about {entity.name!r}")
            versions = self._versions(name)
            if entity.latest_versions and not versions:  # would look like a model that was never trained
                raise UnlikeMlflow("the model has versions, but their list is empty")
            metrics = {run_id: self._read_metrics(run_id) for run_id in runs_to_read(entity, versions)}
        return read_registered_model(entity, versions, {run_id: found for run_id, found in metrics.items() if found})

    def _versions(self, name: str) -> list[ModelVersion]:
        quote = '"' if "'" in name else "'"
        if quote in name:
            raise Permanent(
                f"registered model {name}: MLflow cannot search for a name with both kinds of quotes",
                reason=Reason.INVALID_SPEC,
            )

        def fetch(token: str | None) -> PagedList[ModelVersion]:
            return self._client.search_model_versions(
                f"name = {quote}{name}{quote}",
                max_results=_VERSIONS_PER_PAGE,
                order_by=["version_number DESC"],
                page_token=token,
            )

        return list(all_pages(fetch))

    def _read_metrics(self, run_id: str) -> RunMetrics | None:
        """The metrics of a complete run; None when the run is deleted."""
        known = self._metrics.get(run_id)
        if known is not None:
            return known
        try:
            run = self._client.get_run(run_id)
        except RestException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        if run.info.lifecycle_stage == LifecycleStage.DELETED:
            return None
        metrics = read_run_metrics(run)
        if len(self._metrics) >= _REMEMBERED_RUNS:
            self._metrics.clear()
        self._metrics[run_id] = metrics
        return metrics

    def write(self, write: RegistryWrite) -> None:
        """One write; a model or version that is gone is a Conflict."""
        try:
            with registry_errors(self._uri, f"{write.kind} on registered model {write.model}"):
                self._send(write)
        except NotFound as error:
            raise Conflict(str(error)) from error

    def _send(self, write: RegistryWrite) -> None:
        client = self._client
        match write:
            case SetAlias(model=model, alias=alias, version=version):
                client.set_registered_model_alias(model, alias, str(version))
            case DeleteAlias(model=model, alias=alias):
                client.delete_registered_model_alias(model, alias)
            case RecordMoves(model=model, version=version, moves=moves):
                client.set_model_version_tag(model, str(version), Tag.STAGE_MOVES.value, moves_tag(moves))
            case SetStageTag(model=model, version=version, stage=stage):
                client.set_model_version_tag(model, str(version), Tag.STAGE.value, stage.value)
            case SetGate(model=model, version=version, gate=gate):
                client.set_model_version_tag(model, str(version), Tag.GATE.value, gate.model_dump_json())
            case SetOwner(model=model, owner=owner, owner_uid=owner_uid, owner_cluster=cluster):
                client.set_registered_model_tag(model, Tag.OWNER.value, owner)
                client.set_registered_model_tag(model, Tag.OWNER_UID.value, owner_uid)
                if cluster is not None:
                    client.set_registered_model_tag(model, Tag.OWNER_CLUSTER.value, cluster)
            case _:
                assert_never(write)

    def read_progress(self, jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        """What the running trainings of these Jobs say, by uid."""
        with registry_errors(self._uri, "reading how far trainings are"):
            return self._progress.read(jobs)

    def read_profile(self, run_id: str) -> bytes:
        """The drift profile of a run."""
        folder = PurePosixPath(ARTIFACT_DRIFT_PROFILE).parent
        with (
            registry_errors(self._uri, f"reading {ARTIFACT_DRIFT_PROFILE} of run {run_id}"),
            tempfile.TemporaryDirectory() as target,
        ):
            listed = {file.path: file.file_size for file in self._client.list_artifacts(run_id, str(folder))}
            if ARTIFACT_DRIFT_PROFILE not in listed:
                raise NotFound(f"run {run_id} has no artifact {ARTIFACT_DRIFT_PROFILE}")
            size = listed[ARTIFACT_DRIFT_PROFILE] or 0
            if size > _LARGEST_PROFILE:
                raise Permanent(
                    f"run {run_id}: {ARTIFACT_DRIFT_PROFILE} has {size} bytes, at most {_LARGEST_PROFILE} are read",
                    reason=Reason.NO_DRIFT_PROFILE,
                )
            return Path(self._client.download_artifacts(run_id, ARTIFACT_DRIFT_PROFILE, target)).read_bytes()
