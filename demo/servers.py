"""Starts what the demo needs, each a real one and a process of its own: Kubernetes, MLflow, the operator.

Everything lies in one state folder. `Servers` is a context manager; leaving it ends every process that it started, the
last one first, and so does the death of the demo itself.
"""

import os
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from mlflow import MlflowClient

from demo.kubectl import Kubectl
from localcluster import Cluster, ClusterChoice, ClusterError, ComponentError, project_images
from localcluster.mlflow_server import MlflowServer
from localcluster.processes import SupervisedProcess, this_python
from localcluster.project_images import TRAINER

ROOT: Final = Path(__file__).resolve().parent.parent
NAMESPACE: Final = "sensor-model-demo"

_PACKAGES: Final = os.pathsep.join(str(ROOT / folder) for folder in ("operator", "trainer", "."))
_OPERATOR: Final = "the operator"
_LAST_LINES: Final = 15
_OPERATOR_USER: Final = "system:serviceaccount:sensor-model-system:sensor-model-operator"
_OPERATOR_READY_IN: Final = 60.0  # seconds
_GRACE: Final = 15.0  # seconds that the operator gets to end


@dataclass
class Servers:
    """What runs.

    Attributes:
        kubectl: with the demo's kubeconfig.
        mlflow: the tracking server.
        mlflow_client: a client of it.
        operator: the operator's process.
    """

    kubectl: Kubectl
    mlflow: MlflowServer
    mlflow_client: MlflowClient
    operator: SupervisedProcess

    def require_operator(self) -> None:
        """Check that the operator still runs.

        Raises:
            ComponentError: it has ended; the message ends with its last lines.
        """
        self.operator.check(_OPERATOR)

    def operator_said(self) -> str:
        """The last lines of the operator's log."""
        return "\n".join(self.operator.output().splitlines()[-_LAST_LINES:])


def start_servers(choice: ClusterChoice, state: Path, ends: ExitStack, say: Callable[[str], None]) -> Servers:
    """Start everything; `ends` will stop it.

    Raises:
        ClusterError: the control plane or the operator did not start.
        KubectlError: the API server refused something.
        RuntimeError: MLflow did not start.
    """
    (state / "logs").mkdir()
    mlflow = MlflowServer(state / "mlflow")
    ends.callback(mlflow.stop)
    with ThreadPoolExecutor(1) as beside:
        say("starting MLflow, a real tracking server, meanwhile")
        answers = beside.submit(mlflow.start)
        try:
            kubectl, operator_kubeconfig = _kubernetes(choice, state, ends, say)
            _install(kubectl, say)
            answers.result()
        except BaseException:
            mlflow.stop()  # now, because the thread that starts it is waited for
            raise
    say(f"MLflow answers at {mlflow.url}")
    operator = _start_operator(operator_kubeconfig, mlflow.url, state, ends)
    say("the operator is ready, a process of its own with the rights of its service account")
    return Servers(kubectl, mlflow, MlflowClient(mlflow.url), operator)


def _kubernetes(
    choice: ClusterChoice, state: Path, ends: ExitStack, say: Callable[[str], None]
) -> tuple[Kubectl, Path]:
    """The cluster's kubectl, and the kubeconfig of the operator."""
    if choice is ClusterChoice.CURRENT:
        program = shutil.which("kubectl")
        if program is None:
            raise ClusterError("CLUSTER=current: there is no kubectl on the PATH")
        kubectl = Kubectl(Path(program), None, state / "kubeconfig", NAMESPACE)
        return kubectl, kubectl.kubeconfig
    say("starting Kubernetes: etcd, API server, controller manager, scheduler, and a node that runs pods as processes")
    cluster = ends.enter_context(Cluster(state / "cluster", images=project_images(), say=say))
    kubectl = Kubectl(cluster.bin / "kubectl", cluster.kubeconfig, state / "kubeconfig", NAMESPACE)
    say(f"Kubernetes is ready at {cluster.server}")
    return kubectl, cluster.kubeconfig_for(_OPERATOR_USER)


def _install(kubectl: Kubectl, say: Callable[[str], None]) -> None:
    """The kinds, the operator's rights, and the namespace of the demo."""
    base = ROOT / "manifests" / "base"
    files = (ROOT / "crds", base / "namespace.yaml", base / "serviceaccount.yaml", base / "rbac.yaml")
    kubectl("apply", "--server-side", *(part for file in files for part in ("-f", str(file))))
    kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    kubectl("create", "namespace", NAMESPACE)
    say("the kinds SensorModel and RetrainingPolicy are installed (crds/), and the operator's rights (manifests/base)")


def _start_operator(kubeconfig: Path, mlflow_url: str, state: Path, ends: ExitStack) -> SupervisedProcess:
    health = _free_port()
    environment = os.environ | {
        "PYTHONPATH": _PACKAGES,
        "KUBECONFIG": str(kubeconfig),
        "SENSORMODEL_MLFLOW_TRACKING_URI": mlflow_url,
        "SENSORMODEL_TRAINER_IMAGE": TRAINER,
        "SENSORMODEL_TELEMETRY_ROOTS": str(state / "telemetry"),
        "SENSORMODEL_NAMESPACES": NAMESPACE,
        "SENSORMODEL_METRICS_PORT": "0",
        "SENSORMODEL_HEALTH_PORT": str(health),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = this_python("-m", "model_operator")
    operator = SupervisedProcess(command, log=state / "logs" / "operator.log", cwd=state, environment=environment)
    ends.callback(operator.stop, _GRACE)
    give_up_at = monotonic() + _OPERATOR_READY_IN
    while not _answers(f"http://127.0.0.1:{health}/readyz"):
        operator.check(_OPERATOR)
        if monotonic() > give_up_at:
            raise ComponentError(f"the operator is not ready after {_OPERATOR_READY_IN:.0f} s:\n{operator.output()}")
        sleep(0.2)
    return operator


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1.0):  # noqa: S310 - our own process on this machine
            return True
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
