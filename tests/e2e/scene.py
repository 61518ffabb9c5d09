"""What the steps act on and look at: the cluster by kubectl, MLflow by its client, telemetry by the demo's replayer."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any, Final

from mlflow import MlflowClient

from demo.record import RegistryState
from demo.registry import read_registry
from demo.replayer import Replayer
from demo.sensors import SENSORS
from localcluster import Cluster
from localcluster.fullnode import FullNode
from model_contract.keys import LABEL_MODEL, LABEL_TASK, LABEL_TRIGGER
from model_operator.api.sensormodelstatus import SensorModelStatus
from tests.e2e.results import StepError

Object = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parents[2]
SYSTEM: Final = "sensor-model-system"
PLANT: Final = "plant"
MODEL: Final = "p-1"
SENSOR: Final = SENSORS[0]
LEASE: Final = "sensor-model-operator"
_POLL: Final = 0.5  # seconds


@dataclass
class Scene:
    """A cluster with a full node, and the folders behind its volumes."""

    cluster: Cluster
    node: FullNode
    state: Path

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """What kubectl prints."""
        return self.cluster.kubectl(*arguments, stdin=stdin, timeout=timeout)

    def get(self, *arguments: str) -> Object:
        """An object or a list of them."""
        return dict(json.loads(self.kubectl("get", *arguments, "-o", "json")))

    def fill_in(self, file: str, **values: str) -> str:
        """A manifest beside this file, with values."""
        return Template(Path(__file__).with_name(file).read_text(encoding="utf-8")).substitute(values)

    def wait(self, seconds: float, what: str, look: Callable[[], str | None]) -> str:
        """Look until there is a proof, and return it.

        Raises:
            StepError: there was none in time.
            ComponentError: a program of the cluster ended meanwhile.
        """
        deadline = time.monotonic() + seconds
        while (proof := look()) is None:
            self.cluster.check()
            self.node.check()
            if time.monotonic() > deadline:
                raise StepError(f"not seen within {seconds:.0f} s: {what}; the model says: {self._last_decision()}")
            time.sleep(_POLL)
        return proof

    @property
    def status(self) -> SensorModelStatus:
        """The status of the model."""
        return SensorModelStatus.model_validate(self.get("sm", MODEL, "-n", PLANT).get("status", {}))

    @property
    def registry(self) -> RegistryState:
        """The registered model in MLflow."""
        return read_registry(self._mlflow, SENSOR.registered_model)

    @cached_property
    def replayer(self) -> Replayer:
        """Telemetry of the sensor, arriving in the volume."""
        source = ROOT / "demo" / "telemetry" / f"{SENSOR.sensor_id}.parquet"
        return Replayer(SENSOR, source, self.state / "telemetry" / SENSOR.sensor_id, rows_per_second=0)

    def trainings(self, trigger: str = "") -> list[Object]:
        """The training Jobs of the model, of one trigger or of all."""
        selector = f"{LABEL_MODEL}={MODEL},{LABEL_TASK}=train" + (f",{LABEL_TRIGGER}={trigger}" if trigger else "")
        return list(self.get("jobs", "-n", PLANT, "-l", selector)["items"])

    def running_pod(self, job: Object) -> str | None:
        """The name of the Job's pod that runs."""
        pods = self.get("pods", "-n", PLANT, "-l", f"job-name={job['metadata']['name']}")["items"]
        return next((pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Running"), None)

    def leader(self) -> str:
        """Who holds the Lease: the operator's pod and an id of its process; empty when none does."""
        return str(self.get("lease", LEASE, "-n", SYSTEM)["spec"].get("holderIdentity") or "")

    def crash(self, pod: str, namespace: str) -> None:
        """Kill the process of a pod's container at once, behind the back of Kubernetes: no signal, no grace."""
        containers = self.get("pod", pod, "-n", namespace)["status"]["containerStatuses"]
        self.node.kill_container(containers[0]["containerID"].removeprefix("containerd://"))

    @cached_property
    def _mlflow(self) -> MlflowClient:
        address = self.get("service", "mlflow", "-n", SYSTEM)["spec"]["clusterIP"]
        return MlflowClient(f"http://{address}:5000")

    def _last_decision(self) -> str:
        last = self.status.last_decision
        return f"{last.reason}: {last.message}" if last else "nothing"
