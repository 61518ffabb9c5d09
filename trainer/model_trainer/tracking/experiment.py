"""The run of a Job in MLflow: found again after a restart, filled, and closed."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag
from mlflow.exceptions import MlflowException

from model_contract.keys import Tag
from model_contract.result import FailureReason
from model_trainer.errors import CannotWork, Interrupted
from model_trainer.record import DatasetRecord
from model_trainer.tracking.checkpoints import CheckpointStore
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.queries import tagged

logger = logging.getLogger(__name__)

BATCH: Final = 500  # metrics of one request; MLflow takes 1,000


class Run:
    """An open run. Metrics wait until somebody sends them; everything else is written when asked for.

    Attributes:
        resumed: an earlier pod of the Job has opened it.
    """

    def __init__(
        self, client: MlflowClient, patience: Patience, experiment_id: str, run_id: str, *, resumed: bool = False
    ) -> None:
        self._client = client
        self._patience = patience
        self.experiment_id = experiment_id
        self.run_id = run_id
        self.resumed = resumed
        self._waiting: list[Metric] = []
        self._sending = threading.Lock()

    def log_parameters(self, parameters: Mapping[str, object]) -> None:
        """Parameters are immutable: writing the same ones again is fine."""
        entities = [Param(key, str(value)) for key, value in parameters.items()]
        self._patience.call("log the parameters", lambda: self._client.log_batch(self.run_id, params=entities))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Tags, over earlier ones of the same name."""
        entities = [RunTag(key, value) for key, value in tags.items()]
        self._patience.call("tag the run", lambda: self._client.log_batch(self.run_id, tags=entities))

    def log_dataset(self, record: DatasetRecord, context: str) -> None:
        """What the run was made on, and what for: training or evaluation."""
        dataset = Dataset(record.name, record.digest, "local", record.source, profile=record.profile)
        entity = DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
        self._patience.call("log the data set", lambda: self._client.log_inputs(self.run_id, [entity]))

    def log_folder(self, folder: Path) -> None:
        """Upload all files below a folder as the run's artifacts."""
        self._patience.call("upload the artifacts", lambda: self._client.log_artifacts(self.run_id, str(folder)))

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Keep metrics until `send` or `flush` writes them."""
        now = int(time.time() * 1000)
        self._waiting += [Metric(key, value, now, step) for key, value in metrics.items()]

    def send(self, tags: Mapping[str, str]) -> None:
        """Try once to write tags and all metrics that wait, in one request if they fit; safe in any thread.

        Raises:
            MlflowException: MLflow is away or refuses; the metrics go on waiting.
        """
        entities = [RunTag(key, value) for key, value in tags.items()]
        with self._sending:
            while self._waiting or entities:
                batch = self._waiting[:BATCH]
                self._client.log_batch(self.run_id, metrics=batch, tags=entities)
                del self._waiting[: len(batch)]
                entities = []

    def flush(self) -> None:
        """Write all metrics that wait."""
        self._patience.call("log the metrics", lambda: self.send({}))

    def abandon(self, status: str) -> None:
        """End the run if MLflow happens to answer; used when something else has already gone wrong."""
        try:
            self.send({})
            self._client.set_terminated(self.run_id, status)
        except MlflowException as error:
            logger.warning("the run stays open", extra={"run_id": self.run_id, "error": str(error)})

    @property
    def checkpoints(self) -> CheckpointStore:
        """Where the run keeps what was learnt so far."""
        return CheckpointStore(self._client, self._patience, self.run_id)


@contextmanager
def run_of_job(
    client: MlflowClient, patience: Patience, experiment: str, name: str, tags: dict[str, str]
) -> Iterator[Run]:
    """The run with the same job uid, set running again; a new one if there is none.

    It ends as KILLED when interrupted and as FAILED on any other error.

    Args:
        client: of the tracking server.
        patience: for its absences.
        experiment: its name; created if missing.
        name: of a new run.
        tags: all tags of the run, the job uid among them.

    Raises:
        CannotWork: the experiment is deleted.
    """
    experiment_id = patience.call("find the experiment", lambda: _experiment_id(client, experiment))

    def find_or_create() -> tuple[str, bool]:
        found = client.search_runs(
            [experiment_id],
            tagged(Tag.JOB_UID, tags[Tag.JOB_UID]),
            max_results=1,
            order_by=["attributes.start_time ASC"],
        )
        if not found:
            run_id: str = client.create_run(experiment_id, tags=tags, run_name=name).info.run_id
            return run_id, False
        run_id = found[0].info.run_id
        logger.info("resuming the run of this Job", extra={"run_id": run_id})
        client.update_run(run_id, status=RunStatus.to_string(RunStatus.RUNNING))
        return run_id, True

    run_id, resumed = patience.call("open the run", find_or_create)
    run = Run(client, patience, experiment_id, run_id, resumed=resumed)
    try:
        run.set_tags(tags)
        yield run
    except Interrupted:
        run.abandon("KILLED")
        raise
    except BaseException:
        run.abandon("FAILED")
        raise


def _experiment_id(client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            created: str = client.create_experiment(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)  # another Job was quicker
        else:
            return created
    if found is None or found.lifecycle_stage != "active":
        raise CannotWork(
            FailureReason.INVALID_TASK, f"the MLflow experiment {name} is deleted; restore it or name another one"
        )
    experiment_id: str = found.experiment_id
    return experiment_id
