"""`python -m model_operator` as a process that a test starts, asks and ends, and the namespace that it watches."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from localcluster import Cluster

ROOT = Path(__file__).resolve().parents[2]
PATIENCE: Final = 60.0  # seconds, for what must happen; a test that waits that long fails
LONG_PATIENCE: Final = 240  # seconds, where trainings must happen
_REQUESTS = re.compile(r"^apiserver_request_total\{(?P<labels>.*)\} (?P<count>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_OURS = frozenset({"sensormodels", "retrainingpolicies", "jobs", "events"})


class Write(NamedTuple):
    """A kind of write request, as the API server counts it."""

    verb: str
    resource: str
    subresource: str = ""


JOB = Write("POST", "jobs")
STATUS = Write("APPLY", "sensormodels", "status")
POLICY_STATUS = Write("APPLY", "retrainingpolicies", "status")
EVENT = Write("POST", "events")


class Plant(NamedTuple):
    """One namespace of the cluster."""

    cluster: Cluster
    namespace: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def apply(self, *objects: dict[str, Any]) -> None:
        """Server-side apply."""
        for obj in objects:
            self.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(obj))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object."""
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, "-o", "json"))
        return found

    def names(self, kind: str) -> list[str]:
        """The names of all objects of a kind."""
        return self.kubectl("get", kind, "-o", "jsonpath={.items[*].metadata.name}").split()

    def condition(self, name: str, kind: str) -> tuple[str, str] | None:
        """Status and reason of a condition of a SensorModel."""
        conditions = self.get("sensormodel", name).get("status", {}).get("conditions", [])
        return next(((one["status"], one["reason"]) for one in conditions if one["type"] == kind), None)

    def production(self, name: str) -> int | None:
        """The Production version, as the status of a SensorModel has it."""
        holder = self.get("sensormodel", name).get("status", {}).get("stages", {}).get("production")
        return holder["version"] if holder else None

    def wait_for(self, model: str, path: str, value: str) -> None:
        """Watch a SensorModel until a field has a value; it may be trained meanwhile."""
        self.cluster.kubectl(
            "wait", "--namespace", self.namespace, f"--for=jsonpath={path}={value}", f"sm/{model}",
            f"--timeout={LONG_PATIENCE}s", timeout=LONG_PATIENCE + 10,
        )  # fmt: skip

    def writes(self) -> Counter[Write]:
        """The operator's successful writes that the API server has counted, and those of kubectl on the same kinds.

        Events of the Job controller belong to the core group and do not count. Neither do deletions: the operator may not
        delete anything, and namespaces of earlier tests may still be cleaned up.
        """
        counts: Counter[Write] = Counter()
        for found in _REQUESTS.finditer(self.cluster.kubectl("get", "--raw", "/metrics")):
            labels = dict(_LABEL.findall(found["labels"]))
            is_write = labels["verb"] in {"POST", "APPLY", "PATCH", "PUT"} and labels["code"].startswith("2")
            if labels["resource"] in _OURS and is_write and (labels["resource"], labels["group"]) != ("events", ""):
                counts[Write(labels["verb"], labels["resource"], labels["subresource"])] += int(float(found["count"]))
        return counts


@contextmanager
def new_plant(cluster: Cluster) -> Iterator[Plant]:
    """A namespace in which pods run, for as long as the context lasts."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "operator-"}}
    created = cluster.kubectl("create", "-f", "-", "-o", "name", stdin=json.dumps(manifest))
    plant = Plant(cluster, created.strip().removeprefix("namespace/"))
    try:
        yield plant
    finally:
        cluster.kubectl("delete", "namespace", plant.namespace, "--wait=false")


class OperatorProcess:
    """The operator as a context manager; on entry it is ready."""

    def __init__(self, plant: Plant, mlflow_url: str, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._log = folder / "operator.log"
        self._environment = os.environ | {
            "KUBECONFIG": str(plant.cluster.kubeconfig),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT / "trainer")]),
            "SENSORMODEL_MLFLOW_TRACKING_URI": mlflow_url,
            "SENSORMODEL_TRAINER_IMAGE": "sensor-model-trainer:dev",
            "SENSORMODEL_NAMESPACES": plant.namespace,
            "SENSORMODEL_METRICS_PORT": "0",
            "SENSORMODEL_HEALTH_PORT": "0",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def start(self, *, wait: bool = True) -> None:
        """Start it and wait until it is ready."""
        self._log.unlink(missing_ok=True)  # what a killed process left behind may still write to the old one
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "model_operator"], env=self._environment, stdout=log, stderr=log
            )
        if wait:
            eventually(lambda: self.ask("health", "/readyz")[0], 200)

    def terminate(self) -> int:
        """Ask it to end, as the kubelet does; its exit status."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._running().send_signal(number)

    def kill(self) -> None:
        """End it as a crash would."""
        process = self._running()
        process.kill()
        process.wait()

    def wait(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return self._running().wait(PATIENCE)

    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._running().poll() is None

    def lines(self) -> list[dict[str, Any]]:
        """Its log."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def ask(self, server: str, path: str) -> tuple[int, str]:
        """Status and text that one of its HTTP servers answers; 0 while it does not listen."""
        said = (re.fullmatch(rf"{server} is served on port (\d+)", line["message"]) for line in self.lines())
        port = next((found[1] for found in said if found), None)
        if port is None:
            if self._running().poll() is not None:
                raise RuntimeError(f"the operator ended: {self._log.read_text()}")
            return 0, ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the operator was not started")
        return self._process


def eventually(look: Callable[[], object], expected: object) -> None:
    """Wait until something is as expected."""
    deadline = time.monotonic() + PATIENCE
    while (seen := look()) != expected:
        assert time.monotonic() < deadline, f"{seen!r} never became {expected!r}"
        time.sleep(0.05)
