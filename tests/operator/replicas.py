"""Several processes of the operator that compete for one Lease, each on a road of its own to both servers.

Everything that a process writes is recorded on its way, and its connection to the API server can be cut.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from tests.operator.lease_history import History
from tests.operator.operator_process import OperatorProcess, Plant, eventually
from tests.proxies.http_proxy import HttpProxy
from tests.proxies.kube_access import admin_of, plain_kubeconfig
from tests.proxies.wire import Wire

EX_LOST: Final = 75
_EVERY_SECOND: Final = {"SENSORMODEL_REGISTRY_SPACING": "1s"}


class Replica(OperatorProcess):
    """One process, and its roads.

    Attributes:
        writer: its name in the history; a pod's next process has another one.
        wire: to the API server.
    """

    def __init__(self, replicas: "Replicas", name: str, settings: Mapping[str, str]) -> None:
        self.writer = f"{name}-{len(replicas.started)}"
        folder = replicas.folder / self.writer
        folder.mkdir()
        server, tls = admin_of(replicas.plant.cluster.kubeconfig, folder)
        record = partial(replicas.history.record, self.writer)
        enter = replicas.roads.enter_context
        kube = enter(HttpProxy(server, record, tls))
        self.wire = enter(Wire(urlsplit(kube.url).netloc))
        road = {
            "KUBECONFIG": str(plain_kubeconfig(f"http://127.0.0.1:{self.wire.port}", folder / "kubeconfig")),
            "SENSORMODEL_LEASE": f"{replicas.plant.namespace}/operator",
            "SENSORMODEL_POD_NAME": name,
            "SENSORMODEL_TRAINER_MLFLOW_TRACKING_URI": replicas.mlflow_url,
            "SENSORMODEL_TRAINER_IMAGE": "scripted-trainer:dev",
        }
        mlflow = enter(HttpProxy(replicas.mlflow_url, record))
        super().__init__(replicas.plant, mlflow.url, folder, {**road, **_EVERY_SECOND, **settings})


class Replicas:
    """The processes, as a context manager that ends them all.

    Attributes:
        history: everything that they have written.
        started: all processes, those that have ended included, in their order.
    """

    def __init__(self, plant: Plant, mlflow_url: str, folder: Path) -> None:
        self.plant = plant
        self.mlflow_url = mlflow_url
        self.folder = folder
        self.history = History()
        self.started: list[Replica] = []
        self.roads = ExitStack()
        self._live: dict[str, Replica] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.roads:
            for replica in self._live.values():
                replica.__exit__(None, None, None)

    def __getitem__(self, name: str) -> Replica:
        return self._live[name]

    def start(self, name: str, settings: Mapping[str, str] | None = None, *, wait: bool = True) -> Replica:
        """A new process, of this name; the one that had it has ended."""
        replica = Replica(self, name, settings or {})
        self.started.append(replica)
        self._live[name] = replica
        replica.start(wait=wait)
        return replica

    def holder(self) -> str | None:
        """The replica that the Lease names; None for nobody."""
        path = "-o=jsonpath={.spec.holderIdentity}"
        return self.plant.kubectl("get", "lease", "operator", "--ignore-not-found", path).split("_")[0] or None

    def transitions(self) -> int:
        """How often the Lease says that it has changed hands."""
        lease = self.plant.get("lease", "operator")
        return int(lease["spec"]["leaseTransitions"])

    def leader(self) -> str:
        """The replica that the Lease names, once it names one."""
        eventually(lambda: self.holder() in self._live, expected=True)
        found = self.holder()
        assert found is not None
        return found

    def leading(self) -> list[str]:
        """Those that run and say of themselves that they lead."""
        return [name for name, replica in self._live.items() if replica.runs() and self.leads(name) == "1.0"]

    def told(self, name: str) -> list[str]:
        """What a replica said about leading."""
        lines = [line["message"] for line in self[name].lines()]
        return [line.split("_")[0] + " " + line.split(" ", 1)[1] for line in lines if line.startswith(name)]

    def leads(self, name: str) -> str:
        """The metric of a replica."""
        lines = self[name].ask("metrics", "/metrics")[1].splitlines()
        return next(
            line.removeprefix("sensormodel_leader ") for line in lines if line.startswith("sensormodel_leader ")
        )
