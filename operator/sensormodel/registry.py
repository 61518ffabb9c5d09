"""Registered models in MLflow: versions, who holds a stage, where a version comes from, and loading one."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlflow.entities import LifecycleStage
from mlflow.entities import Run as RunEntity
from mlflow.entities.model_registry import ModelVersion
from mlflow.entities.model_registry import RegisteredModel as RegisteredModelEntity
from mlflow.exceptions import MlflowException
from mlflow.store.entities import PagedList

from model_contract.keys import ARTIFACT_TASK, Tag
from model_contract.task import TrainingTask
from model_operator.api.vocabulary import Stage
from model_operator.gateways.registry_pages import all_pages
from model_operator.gateways.registry_reading import read_registered_model, read_run_metrics, runs_to_read
from sensormodel.errors import Missing, Refused
from sensormodel.lineage import Lineage, read_lineage, read_task
from sensormodel.mlflow_access import PAGE, Access
from sensormodel.versions import VersionRecord, records_of

if TYPE_CHECKING:
    from mlflow.pyfunc import PyFuncModel

_INSTALL: Final = "Install it with: pip install 'sensor-model-operator[trainer]'"


class Registry:
    """The registered models of an MLflow server. It reads only: stages move through `Cluster.promote` and `roll_back`.

    Args:
        mlflow: URI of the server; None: the variable MLFLOW_TRACKING_URI. Credentials are MLflow's own variables.

    Raises:
        InvalidRequest: no server is named.
    """

    def __init__(self, mlflow: str | None = None) -> None:
        self._mlflow = Access(mlflow)

    def versions(self, name: str) -> tuple[VersionRecord, ...]:
        """All versions of a registered model, newest first; KPIs of the newest and of those that hold a stage.

        Raises:
            Missing: there is no such registered model.
        """
        with self._mlflow.asking(f"reading registered model {name}"):
            entity: RegisteredModelEntity = self._mlflow.client.get_registered_model(name)
            versions = self._versions(name)
            runs = {run_id: self._run(run_id) for run_id in runs_to_read(entity, versions)}
        living = {id_: run for id_, run in runs.items() if run and run.info.lifecycle_stage == LifecycleStage.ACTIVE}
        metrics = {run_id: read_run_metrics(run) for run_id, run in living.items()}
        return records_of(read_registered_model(entity, versions, metrics), versions)

    def version(self, name: str, number: int) -> VersionRecord:
        """One version.

        Raises:
            Missing: there is none of that number; the message names those that there are.
        """
        known = self.versions(name)
        found = next((each for each in known if each.version == number), None)
        if found is None:
            numbers = ", ".join(str(each.version) for each in known)
            raise Missing(f"{name} has no version {number}", f"There are: {numbers}." if numbers else "")
        return found

    def in_stage(self, name: str, stage: Stage) -> VersionRecord:
        """The version that holds a stage; of versions that are archived or in none, the newest.

        Raises:
            Missing: no version is there.
        """
        found = next((each for each in self.versions(name) if each.stage is stage), None)
        if found is None:
            raise Missing(f"{name} has no version in {stage}")
        return found

    def load(self, name: str, which: Stage | int = Stage.PRODUCTION) -> "PyFuncModel":
        """The model of a stage or of a version, ready for `predict`. Loading a model runs code that it brings along.

        Raises:
            Missing: there is no such version, or its artifacts are gone.
            Refused: a package that the model needs is not installed.
        """
        record = self.in_stage(name, which) if isinstance(which, Stage) else self.version(name, which)
        try:
            from mlflow import artifacts, pyfunc  # noqa: PLC0415 - only who loads a model needs numpy and pandas

            with self._mlflow.asking(f"downloading version {record.version} of {name}"):
                place = self._artifacts_of(name, record.version)
                folder = artifacts.download_artifacts(artifact_uri=place, tracking_uri=self._mlflow.uri)
            return pyfunc.load_model(folder)
        except ImportError as error:
            raise Refused(
                f"version {record.version} of {name} needs a package that is not here: {error}", _INSTALL
            ) from error

    def lineage(self, name: str, number: int) -> Lineage:
        """All that a version depends on, as far as it is on record.

        Raises:
            Missing: there is no such version.
        """
        with self._mlflow.asking(f"reading version {number} of {name}"):
            version: ModelVersion = self._mlflow.client.get_model_version(name, str(number))
            run = self._run(version.run_id) if version.run_id else None
        task = (read_task(run.data.tags.get(Tag.TASK)) or self._task_file(run)) if run is not None else None
        created = datetime.fromtimestamp(version.creation_timestamp / 1000, UTC)
        return read_lineage(version, run, task, created)

    def _versions(self, name: str) -> list[ModelVersion]:
        quote = '"' if "'" in name else "'"
        if quote in name:
            raise Refused(f"{name}: MLflow cannot search for a name with both kinds of quotes")

        def fetch(token: str | None) -> PagedList[ModelVersion]:
            return self._mlflow.client.search_model_versions(
                f"name = {quote}{name}{quote}", max_results=PAGE, page_token=token
            )

        return list(all_pages(fetch))

    def _artifacts_of(self, name: str, number: int) -> str:
        """Where the model lies; `models:/NAME/NUMBER` would be looked up at the process's own tracking server."""
        version: ModelVersion = self._mlflow.client.get_model_version(name, str(number))
        if version.model_id:
            return str(self._mlflow.client.get_logged_model(version.model_id).artifact_location)
        return str(self._mlflow.client.get_model_version_download_uri(name, str(number)))

    def _run(self, run_id: str) -> RunEntity | None:
        """A run, also one that was deleted and not yet purged; None when it is gone."""
        try:
            return self._mlflow.client.get_run(run_id)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def _task_file(self, run: RunEntity) -> TrainingTask | None:
        """The task among the artifacts of a run, for tasks that are too long for a tag."""
        with (
            self._mlflow.asking(f"reading {ARTIFACT_TASK} of run {run.info.run_id}"),
            tempfile.TemporaryDirectory() as target,
        ):
            listed = {file.path for file in self._mlflow.client.list_artifacts(run.info.run_id)}
            if ARTIFACT_TASK not in listed:
                return None
            path = self._mlflow.client.download_artifacts(run.info.run_id, ARTIFACT_TASK, target)
            return read_task(Path(path).read_text(encoding="utf-8"))
