"""`docs/from-the-class-library.md` does what it says: every block of it is run, in its order.

Real API server, Job controller, MLflow and operator; a scripted trainer. The telemetry of D-5 lies in a folder of the
test, and nothing else of the page is changed; telemetry that the operator may not read holds nothing up.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from mlflow import MlflowClient

from localcluster import Cluster
from localcluster.mlflow_server import MlflowServer
from tests.client.conftest import server  # noqa: F401 - fixture
from tests.operator.conftest import crds  # noqa: F401 - fixture
from tests.operator.operator_process import OperatorProcess, Plant

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/from-the-class-library.md"
_BLOCK = re.compile(r"^```(yaml|sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATIENCE = 300  # seconds for one block
_CLOSE = {"SENSORMODEL_TRAINER_IMAGE": "scripted-trainer:dev"}


class Block(NamedTuple):
    """One fenced block of the page."""

    number: int  # of the Python blocks, from 0; others: -1
    line: int
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    found, python = [], 0
    for match in _BLOCK.finditer(page):
        is_python = match[1] == "python"
        found.append(Block(python if is_python else -1, page.count("\n", 0, match.start()) + 1, match[1], match[2]))
        python += is_python
    return found


@pytest.fixture
def plant(cluster: Cluster, crds: None) -> Iterator[Plant]:  # noqa: F811 - the fixture
    """A namespace in which pods run."""
    plant = Plant(cluster, "class-library")
    cluster.kubectl("create", "namespace", plant.namespace)
    yield plant
    cluster.kubectl("delete", "namespace", plant.namespace, "--wait=false")


def kubeconfig_for(plant: Plant, folder: Path) -> Path:
    """The administrator's kubeconfig, with the namespace as the current one."""
    config = yaml.safe_load(plant.cluster.kubeconfig.read_text(encoding="utf-8"))
    config["contexts"][0]["context"]["namespace"] = plant.namespace
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def run(block: Block, folder: Path, environment: dict[str, str]) -> str:
    """Do what a block says; its output."""
    text = block.text.replace("/telemetry/D-5", str(folder / "telemetry/D-5"))
    if block.language == "yaml":
        (folder / text.split("\n", 1)[0].removeprefix("# ")).write_text(text, encoding="utf-8")
        return ""
    if block.language == "python":
        script = folder / f"block_{block.number}.py"
        script.write_text(text, encoding="utf-8")
        command = [sys.executable, str(script)]
    else:
        command = ["bash", "-euo", "pipefail", "-c", text]
    command = ["timeout", str(_PATIENCE), *command]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        decided = "{range .items[*]}{.metadata.name}{': '}{.status.lastDecision}{'\\n'}{end}"
        state = subprocess.run(
            ["kubectl", "get", "sm", "-o", f"jsonpath={decided}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        pytest.fail(f"{PAGE.name}:{block.line}: {block.text}\n{ran.stdout}\n{ran.stderr}\n{state.stdout}")
    return ran.stdout


def test_the_page_does_what_it_says(plant: Plant, server: MlflowServer, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "telemetry").mkdir()
    paths = [str(ROOT / "operator"), str(ROOT / "trainer")]
    environment = os.environ | {
        "KUBECONFIG": str(kubeconfig_for(plant, tmp_path)),
        "MLFLOW_TRACKING_URI": server.url,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(plant.cluster.bin), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    settings = _CLOSE | {"SENSORMODEL_TELEMETRY_ROOTS": str(tmp_path / "telemetry")}
    said: dict[str, str] = {}
    with OperatorProcess(plant, server.url, tmp_path, settings):
        for block in blocks(PAGE.read_text(encoding="utf-8")):
            output = run(block, tmp_path, environment)
            words = " ".join(output.split())
            said |= {line: words for line in block.text.splitlines() if line.startswith("kubectl sensormodel ")}
    mlflow = MlflowClient(server.url, server.url)
    assert mlflow.get_model_version_by_alias("telemanom_P-1", "production").version == "2"
    assert mlflow.get_model_version_by_alias("telemanom_P-4", "production").version == "2"
    assert "DriftDetected" in said["kubectl sensormodel history d-5"]
    assert "as told by the request" in said["kubectl sensormodel versions p-4"]
    assert "Not on record" in said["kubectl sensormodel lineage p-1 --version 1"]
    assert "trained again: Same" in said["kubectl sensormodel reproduce p-1 --version 1 --timeout 10m"]
    pinned = plant.get("sm", "p-4")["status"]["stageHistory"][0]
    assert (pinned["version"], pinned["to"], pinned["by"]) in {(2, "Production", "Pin"), (1, "Archived", "Policy")}
