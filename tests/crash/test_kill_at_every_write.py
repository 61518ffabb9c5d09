"""Killed at any write and started again, the operator ends where an undisturbed one does: no Job and no version twice.

A real operator process, API server, Job controller and MLflow; a scripted trainer. One story is told three times: first
training, promotion, a person's request, second training, promotion, archive.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import yaml
from mlflow import MlflowClient

from localcluster import Cluster
from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Tag
from tests.crash.proxy import FaultProxy, Killed, Write
from tests.proxies.kube_access import admin_of, plain_kubeconfig

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 400
POLICY = {
    "apiVersion": "sensormodel.io/v1alpha1",
    "kind": "RetrainingPolicy",
    "metadata": {"name": "default"},
    "spec": {"cooldown": "0s", "triggers": {"drift": {"enabled": False}}},
}


def sensor_model(sensor: str) -> dict[str, Any]:
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": {"name": "p-1"},
        "spec": {
            "sensorID": sensor,
            "modelType": "Telemanom",
            "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
            "policyRef": {"name": "default"},
        },
    }


class Killer:
    """Decides at which writes the operator dies, and keeps account of them."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.operator: Operator | None = None
        self.kills: Counter[str] = Counter()
        self.writes: list[str] = []

    def __call__(self, write: Write) -> None:
        name = name_of(write)
        if write.committed:
            self.writes.append(name)
        dies_here = {"never": False, "before": not write.committed, "after": write.committed}[self.when]
        if dies_here and self.operator and not self.kills[name]:
            self.kills[name] += 1
            self.operator.kill()
            raise Killed


def name_of(write: Write) -> str:
    """A write without what differs from run to run; MLflow's tag writes by their key."""
    path = re.sub(r"/(jobs|events)/[^/]+$", r"/\1/one", re.sub(r"namespaces/[^/]+", "namespaces/ns", write.path))
    if path.startswith("/api/2.0/mlflow"):
        body = json.loads(write.body or b"{}")
        path += " ".join(["", *(str(body[key]) for key in ("key", "alias", "version") if key in body)])
        path += f" {body['value']}" if body.get("key") == Tag.STAGE else ""
    return f"{write.method} {path}"


class Operator:
    """The operator process, started again whenever it was killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._ended = threading.Event()
        self._process = self._start()
        self._thread = threading.Thread(target=self._keep_running, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._process.terminate()
        self._thread.join(30)

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "model_operator"], env=self._environment, stdout=log, stderr=log
            )

    def _keep_running(self) -> None:
        while self._process.wait() == -signal.SIGKILL and not self._ended.is_set():
            self._process = self._start()


@pytest.fixture(scope="module")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server.url


@pytest.fixture(scope="module")
def crds(cluster: Cluster) -> None:
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")


def live_through(cluster: Cluster, mlflow_url: str, when: str, folder: Path) -> tuple[dict[str, Any], Killer]:
    """The whole story in a namespace of its own; its end as people and programs see it, and what the killer did."""
    namespace, killer = f"crash-{when}", Killer(when)
    server, tls = admin_of(cluster.kubeconfig, folder)
    cluster.kubectl("create", "namespace", namespace)
    with FaultProxy(server, killer, tls) as kube, FaultProxy(mlflow_url, killer) as mlflow:
        environment = {
            **os.environ,
            "KUBECONFIG": str(plain_kubeconfig(kube.url, folder / "kubeconfig")),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT / "trainer")]),
            "SENSORMODEL_MLFLOW_TRACKING_URI": mlflow.url,
            "SENSORMODEL_TRAINER_MLFLOW_TRACKING_URI": mlflow_url,
            "SENSORMODEL_TRAINER_IMAGE": "scripted-trainer:dev",
            "SENSORMODEL_NAMESPACES": namespace,
            "SENSORMODEL_METRICS_PORT": "0",
            "SENSORMODEL_HEALTH_PORT": "0",
        }
        with Operator(environment, folder / "operator.log") as killer.operator:
            for number, manifest in enumerate((POLICY, sensor_model(f"P-{when}"))):
                path = folder / f"{number}.yaml"
                path.write_text(yaml.safe_dump(manifest))
                cluster.kubectl("apply", "--namespace", namespace, "-f", str(path))
            until(cluster, namespace, "{.status.stages.production.version}", "1")
            cluster.kubectl("annotate", "--namespace", namespace, "sm/p-1", "sensormodel.io/retrain-requested-at=now")
            until(cluster, namespace, "{.status.stages.production.version}", "2")
            until(cluster, namespace, "{.status.summary.reason}", "UpToDate")
            return end_of_story(cluster, namespace, MlflowClient(mlflow_url), f"telemanom_P-{when}"), killer


def until(cluster: Cluster, namespace: str, path: str, value: str) -> None:
    condition = f"--for=jsonpath={path}={value}"
    cluster.kubectl(
        "wait", "--namespace", namespace, condition, "sm/p-1", f"--timeout={PATIENCE}s", timeout=PATIENCE + 10
    )


def end_of_story(cluster: Cluster, namespace: str, client: MlflowClient, name: str) -> dict[str, Any]:
    """All that must be equal whatever happened on the way."""
    model = json.loads(cluster.kubectl("get", "--namespace", namespace, "sm/p-1", "-o", "json"))
    jobs = json.loads(cluster.kubectl("get", "--namespace", namespace, "jobs", "-o", "json"))["items"]
    versions = sorted(client.search_model_versions(f"name = '{name}'"), key=lambda version: int(version.version))
    status = model["status"]
    return {
        "jobs": len(jobs),
        "versions": [(version.version, version.tags[Tag.STAGE]) for version in versions],
        "moves": [[move["to"] for move in json.loads(version.tags[Tag.STAGE_MOVES])] for version in versions],
        "aliases": {alias: int(number) for alias, number in client.get_registered_model(name).aliases.items()},
        "history": [(record["action"], record["reason"]) for record in status["history"]],
        "conditions": {condition["type"]: condition["status"] for condition in status["conditions"]},
        "handled": status["lastHandledRetrainRequest"],
        "stage_history": [(move["version"], move["from"], move["to"]) for move in status["stageHistory"]],
        "metadata": sorted(model["metadata"].get("finalizers", [])),
    }


EXPECTED = {
    "jobs": 2,
    "versions": [("1", "Archived"), ("2", "Production")],
    "moves": [["Staging", "Production", "Archived"], ["Staging", "Production"]],
    "aliases": {"production": 2},
    "handled": "now",
    "metadata": [],
}


@pytest.mark.parametrize("when", ["never", "before", "after"])
def test_an_operator_that_is_killed_at_every_write_ends_where_an_undisturbed_one_does(
    cluster: Cluster, crds: None, mlflow_url: str, tmp_path: Path, when: str
) -> None:
    end, killer = live_through(cluster, mlflow_url, when, tmp_path)
    assert {key: end[key] for key in EXPECTED} == EXPECTED
    assert end["conditions"]["Ready"] == "True"
    assert "Stalled" not in end["conditions"]
    if when == "never":
        assert not killer.kills
        return
    killed_at = "\n".join(killer.kills)
    assert "POST /apis/batch/v1/namespaces/ns/jobs" in killed_at
    for stage in ("Staging", "Production", "Archived"):
        assert f"{Tag.STAGE} " in killed_at
        assert stage in killed_at
    assert killed_at.count("registered-models/alias") >= 3, killed_at
