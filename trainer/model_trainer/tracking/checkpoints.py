"""Checkpoints as artifacts of the run: at most two, so that one is whole while the other is written.

The pod of a Job has no disk that outlives it; its run does, and the next pod finds it by the Job's uid.
"""

import logging
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from model_contract.keys import ARTIFACT_CHECKPOINTS
from model_trainer.tracking.patience import Patience

logger = logging.getLogger(__name__)

_KEPT: Final = 2
_FAILURES: Final = (MlflowException, requests.RequestException, OSError, NotImplementedError)


class CheckpointStore:
    """The checkpoints of one run."""

    def __init__(self, client: MlflowClient, patience: Patience, run_id: str) -> None:
        self._client = client
        self._patience = patience
        self._run_id = run_id

    def newest_first(self) -> Iterator[bytes]:
        """Every checkpoint, as it was written or cut short.

        Raises:
            TryAgain: MLflow stays away.
        """
        for path in reversed(self._patience.call("look for checkpoints", self._paths)):
            yield self._patience.call("read the checkpoint", lambda path=path: self._read(path))  # type: ignore[misc]

    def write(self, name: str, content: bytes) -> None:
        """Try once to store a checkpoint, and remove the oldest beyond two; safe in any thread.

        Args:
            name: sorts after those of all earlier ones.
            content: a whole file.

        Raises:
            MlflowException: MLflow is away or refuses.
        """
        with TemporaryDirectory() as folder:
            file = Path(folder, name)
            file.write_bytes(content)
            self._client.log_artifact(self._run_id, str(file), ARTIFACT_CHECKPOINTS)
        for path in self._paths()[:-_KEPT]:
            self._delete(path)

    def write_last(self, name: str, content: bytes) -> None:
        """Store a checkpoint although the pod is told to stop: one attempt.

        Raises:
            Interrupted: it failed.
        """
        self._patience.call("store the checkpoint", lambda: self.write(name, content), finish=True)

    def remove(self) -> None:
        """Remove all of them if that is possible; a run that is done has no use for them."""
        try:
            if self._paths():
                self._delete(ARTIFACT_CHECKPOINTS)
        except _FAILURES as error:
            logger.warning("checkpoints stay behind", extra={"run_id": self._run_id, "error": str(error)})

    def _paths(self) -> list[str]:
        found = self._client.list_artifacts(self._run_id, ARTIFACT_CHECKPOINTS)
        return sorted(str(each.path) for each in found if not each.is_dir)

    def _read(self, path: str) -> bytes:
        with TemporaryDirectory() as folder:
            return Path(self._client.download_artifacts(self._run_id, path, folder)).read_bytes()

    def _delete(self, path: str) -> None:
        uri = self._client.get_run(self._run_id).info.artifact_uri
        get_artifact_repository(uri, tracking_uri=self._client.tracking_uri).delete_artifacts(str(PurePosixPath(path)))
