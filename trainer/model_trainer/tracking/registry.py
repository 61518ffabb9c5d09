"""Versions in MLflow's registry: looked for, created once, completed last. Aliases are the operator's."""

import logging
from collections.abc import Mapping
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from model_contract.keys import ARTIFACT_MODEL, Tag
from model_contract.result import FailureReason
from model_contract.task import SensorModelIdentity
from model_trainer.errors import CannotWork
from model_trainer.tracking.experiment import Run
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.queries import quoted, tagged

logger = logging.getLogger(__name__)


class ModelRegistry:
    """The versions of one registered model."""

    def __init__(self, client: MlflowClient, patience: Patience, name: str) -> None:
        self._client = client
        self._patience = patience
        self.name = name

    def claim(self, owner: SensorModelIdentity) -> None:
        """Create the registered model with its owner, a SensorModel; one that has an owner must have this.

        Raises:
            CannotWork: another SensorModel owns it.
        """

        def create_or_read() -> dict[str, str]:
            tags = _owner_tags(owner)
            try:
                self._client.create_registered_model(self.name, tags=tags)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                return self._tags()
            return tags

        self._require_owner(owner, self._patience.call("claim the registered model", create_or_read))

    def evaluated_version(self, number: int, owner: SensorModelIdentity) -> ModelVersion:
        """A version that is to be scored, of a registered model that this SensorModel owns.

        Raises:
            CannotWork: there is no such version, or another SensorModel owns the model.
        """

        def read() -> tuple[ModelVersion, dict[str, str]]:
            try:
                version = self._client.get_model_version(self.name, str(number))
                return version, self._tags()
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                message = f"registered model {self.name} has no version {number}"
                raise CannotWork(FailureReason.VERSION_UNUSABLE, message) from error

        version, found = self._patience.call("read the version", read)
        self._require_owner(owner, found)
        return version

    def find_version(self, job_uid: str) -> ModelVersion | None:
        """The version that a Job has registered, complete or not; the oldest if there are several."""
        return self._patience.call("look for the version of this Job", lambda: self._find(job_uid))

    def upload_model(self, run: Run, folder: Path, params: dict[str, str]) -> str:
        """Store a saved model with its run; returns its id. One that an earlier pod left behind is reused."""

        def find_or_create() -> str:
            found = self._client.search_logged_models([run.experiment_id], f"source_run_id = {quoted(run.run_id)}")
            if found:
                return str(found[0].model_id)
            created = self._client.create_logged_model(
                run.experiment_id, name=ARTIFACT_MODEL, source_run_id=run.run_id, params=params
            )
            return str(created.model_id)

        model_id = self._patience.call("create the model", find_or_create)
        self._patience.call("upload the model", lambda: self._client.log_model_artifacts(model_id, str(folder)))
        self._patience.call("finish the model", lambda: self._client.finalize_logged_model(model_id, "READY"))
        self._patience.call("link the model to its run", lambda: self._link(run.run_id, model_id))
        return model_id

    def create_version(self, run: Run, model_id: str, tags: dict[str, str]) -> ModelVersion:
        """The version of this Job: the one that exists, else a new one with all tags."""
        job_uid = tags[Tag.JOB_UID]

        def find_or_create() -> ModelVersion:
            return self._find(job_uid) or self._client.create_model_version(
                self.name, f"models:/{model_id}", run_id=run.run_id, model_id=model_id, tags=tags, await_creation_for=0
            )

        return self._patience.call("register the version", find_or_create)

    def complete(self, version: ModelVersion, run_id: str, tag: str = Tag.COMPLETE, value: str = "true") -> None:
        """End the run, and then say by a tag of the version that all of it is there."""
        self._patience.call("end the run", lambda: self._client.set_terminated(run_id, "FINISHED"), finish=True)
        self._patience.call(
            "tag the version",
            lambda: self._client.set_model_version_tag(self.name, version.version, tag, value),
            finish=True,
        )

    def _tags(self) -> dict[str, str]:
        tags: dict[str, str] = self._client.get_registered_model(self.name).tags
        return tags

    def _require_owner(self, owner: SensorModelIdentity, found: Mapping[str, str]) -> None:
        """Compare the tags of the registered model; a cluster counts only where both sides know theirs."""
        ours, theirs = _owner_tags(owner), found.get(Tag.OWNER)
        cluster = found.get(Tag.OWNER_CLUSTER, owner.cluster) if owner.cluster else None
        if theirs is None or (theirs, cluster) == (ours[Tag.OWNER], owner.cluster):
            return
        where = f" of cluster {cluster}" if cluster != owner.cluster else ""
        raise CannotWork(
            FailureReason.REGISTERED_MODEL_OWNED,
            f"registered model {self.name} belongs to SensorModel {theirs}{where}: "
            f"set spec.registry.modelName of {ours[Tag.OWNER]}",
        )

    def _link(self, run_id: str, model_id: str) -> None:
        """Name the model among the outputs of the run, unless an earlier pod did: MLflow refuses a second time."""
        outputs = self._client.get_run(run_id).outputs
        if model_id not in {output.model_id for output in (outputs.model_outputs if outputs else ())}:
            self._client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])

    def _find(self, job_uid: str) -> ModelVersion | None:
        found = self._client.search_model_versions(
            f"name = {quoted(self.name)} and {tagged(Tag.JOB_UID, job_uid)}", max_results=100
        )
        return min(found, key=lambda version: int(version.version), default=None)


def _owner_tags(owner: SensorModelIdentity) -> dict[str, str]:
    tags = {Tag.OWNER.value: f"{owner.namespace}/{owner.name}", Tag.OWNER_UID.value: owner.uid}
    return tags | ({Tag.OWNER_CLUSTER.value: owner.cluster} if owner.cluster else {})
