"""Trainer Jobs as a person sees them: how they are set up, one of their own, and what its pod said at the end.

Called by `reproduction.py`. The rights are those of the kubeconfig: Kubernetes' own ClusterRole `edit` has them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import urllib3
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from model_contract import keys
from model_contract.result import JobOutcome, read_outcome
from model_operator.core.job_manifest import CONTAINER
from sensormodel.api_failures import unreachable
from sensormodel.connection import Connection
from sensormodel.errors import NoAnswer, Refused

_TIMEOUT_SECONDS: Final = (5.0, 30.0)  # to connect, to read
_REFUSALS: Final = {400, 409, 422}
_RIGHTS: Final = "Needed are create, get and list on jobs.batch and list on pods; the ClusterRole edit has them."
_MLFLOW: Final = "MLFLOW_TRACKING_URI"


class TrainerSetup(NamedTuple):
    """How the operator sets trainer pods up."""

    image: str
    mlflow: str | None  # its address as pods see it
    service_account: str | None
    pull_policy: str


class JobState(NamedTuple):
    """How a Job stands."""

    finished: bool
    said: JobOutcome | None  # None: nothing yet, or nothing that can be read
    problem: str  # why the Job failed or does not run; empty: nothing is known


class Jobs:
    """The Jobs of one namespace."""

    def __init__(self, connection: Connection) -> None:
        self._namespace = connection.namespace
        self._server: str = connection.access.configuration.host
        self._jobs = client.BatchV1Api(connection.access)
        self._pods = client.CoreV1Api(connection.access)

    def newest_setup(self, model_uid: str) -> TrainerSetup | None:
        """As the newest trainer Job of a model was set up; None when none is left."""
        selector = f"{keys.LABEL_MODEL_UID}={model_uid}"
        with self._asking():
            listed = self._jobs.list_namespaced_job(
                self._namespace, label_selector=selector, _request_timeout=_TIMEOUT_SECONDS
            )
        newest = max(listed.items, key=lambda job: job.metadata.creation_timestamp, default=None)
        if newest is None:
            return None
        pod = newest.spec.template.spec
        container = next(each for each in pod.containers if each.name == CONTAINER)
        variables = {each.name: each.value for each in container.env or ()}
        return TrainerSetup(
            container.image, variables.get(_MLFLOW), pod.service_account_name, container.image_pull_policy
        )

    def create(self, manifest: Mapping[str, Any]) -> None:
        """Create a Job.

        Raises:
            Refused: admission or a quota says no.
        """
        with self._asking():
            self._jobs.create_namespaced_job(self._namespace, dict(manifest), _request_timeout=_TIMEOUT_SECONDS)

    def state(self, name: str) -> JobState:
        """How a Job stands, and what its newest pod said at its end."""
        with self._asking():
            job = self._jobs.read_namespaced_job(name, self._namespace, _request_timeout=_TIMEOUT_SECONDS)
            pods = self._pods.list_namespaced_pod(
                self._namespace,
                label_selector=f"batch.kubernetes.io/job-name={name}",
                _request_timeout=_TIMEOUT_SECONDS,
            ).items
        ended = [each for each in job.status.conditions or () if each.type in {"Complete", "Failed"}]
        ended = [each for each in ended if each.status == "True"]
        states = [status for pod in pods for status in pod.status.container_statuses or ()]
        messages = [each.state.terminated.message for each in states if each.state.terminated]
        said = next((read for message in reversed(messages) if (read := read_outcome(message))), None)
        waiting = [each.state.waiting for each in states if each.state.waiting]
        failed = next((f"{each.reason}: {each.message}" for each in ended if each.type == "Failed"), "")
        stuck = next((f"{each.reason}: {each.message or ''}" for each in waiting), "")
        return JobState(bool(ended), said, failed or stuck)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except ApiException as error:
            said = f"the cluster answered {error.status}: {error.body or error.reason}"
            raise Refused(said) if error.status in _REFUSALS else NoAnswer(said, _RIGHTS) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise unreachable(self._server, error) from error
