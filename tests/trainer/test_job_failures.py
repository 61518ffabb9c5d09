"""Trainer Jobs with bad luck: memory, disk or MLflow fail, and no version is left behind."""

import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ENV_TASK, ExitCode, Tag
from model_contract.result import FailureReason
from tests.trainer.job_process import Job, a_job, failed
from tests.trainer.lossy_proxy import LossyProxy
from tests.trainer.registry_view import Trained, require_nothing_registered, versions
from tests.trainer.telemetry_files import a_task, minutes, write


# Limits of address space: where a cgroup denies memory, the kernel kills the process before it can say why.
@pytest.mark.parametrize(
    ("rows", "mebibytes", "said"),
    [(5_000_000, 800, "shorten the look-back"), (3000, 4500, "lower batch_size, sequence_length or units")],
    ids=["telemetry", "a fit"],
)
def test_what_does_not_fit_into_memory_cannot_work(
    client: MlflowClient,
    mlflow_server: MlflowServer,
    start: Callable[..., Job],
    tmp_path: Path,
    name: str,
    rows: int,
    mebibytes: int,
    said: str,
) -> None:
    commands = {f"cmd_{number}": np.zeros(rows, dtype=bool) for number in range(8)}
    telemetry = {"uri": write(tmp_path / "a.parquet", minutes(rows), value=np.zeros(rows), **commands)}
    large = {"epochs": "1", "units": "1024", "sequence_length": "1024", "batch_size": "1024", "hop": "1"}
    environment = a_job(mlflow_server.url, name, telemetry=telemetry, window={}, hyperparameters=large)

    code, reason, message = failed(start(environment, within=["prlimit", f"--as={mebibytes * 2**20}"]))

    assert (code, reason) == (ExitCode.CANNOT_WORK, FailureReason.OUT_OF_MEMORY)
    assert message.endswith(f"raise the memory limit, or {said}")
    require_nothing_registered(client, name)


@cache
def small_disk(kib: int) -> Sequence[str]:
    """A command that runs another with a file system of its own for temporary files, as a full disk would be."""
    script = f'mount -t tmpfs -o size={kib}k none /mnt && TMPDIR=/mnt exec "$@"'
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]


def has_room_of_its_own() -> bool:
    """Whether this machine lets a test mount a file system; containers often do not."""
    return subprocess.run([*small_disk(64), "true"], check=False, capture_output=True).returncode == 0


FULL = {
    "a file beyond what files may take": (["prlimit", "--fsize=8192"], "File too large"),
    "a disk that the figures fill": (small_disk(64), "No space left on device"),
    "a disk that the model fills": (small_disk(1200), "No space left on device"),
}


@pytest.mark.parametrize(("within", "said"), FULL.values(), ids=FULL.keys())
def test_a_full_disk_is_worth_another_try_elsewhere(
    client: MlflowClient,
    mlflow_server: MlflowServer,
    start: Callable[..., Job],
    name: str,
    within: Sequence[str],
    said: str,
) -> None:
    if within[0] == "unshare" and not has_room_of_its_own():
        pytest.skip("no file system can be mounted here")
    ended = failed(
        start(a_job(mlflow_server.url, name, hyperparameters={"epochs": "1", "units": "200"}), within=within)
    )

    assert ended[:2] == (ExitCode.TRY_AGAIN, FailureReason.DISK_FULL)
    assert said in ended[2]
    require_nothing_registered(client, name)


def test_mlflow_that_is_killed_and_stays_away_is_worth_another_try(
    client: MlflowClient, mlflow_server: MlflowServer, start: Callable[..., Job]
) -> None:
    patience = {"SENSORMODEL_REGISTRY_PATIENCE_SECONDS": "1"}
    job = start(a_job(mlflow_server.url, "killed") | patience)
    job.read_until("fitting")

    mlflow_server.stop()
    ended = failed(job)
    mlflow_server.start()

    assert ended[:2] == (ExitCode.TRY_AGAIN, FailureReason.REGISTRY_UNAVAILABLE)
    assert "MLflow has been away for 1 s" in ended[2]
    assert versions(client, "killed") == []


def test_a_version_whose_registration_nobody_confirmed_is_not_complete(
    client: MlflowClient, mlflow_server: MlflowServer, start: Callable[..., Job]
) -> None:
    """MLflow is lost right after it has created the version; without the last tag no gate and no operator takes it."""
    created = "POST /api/2.0/mlflow/model-versions/create"
    with LossyProxy(mlflow_server.url, created, only_the_answer=True) as proxy:
        job = start(a_job(proxy.url, "unconfirmed") | {"SENSORMODEL_REGISTRY_PATIENCE_SECONDS": "0"})
        ended = failed(job)

    assert ended[:2] == (ExitCode.TRY_AGAIN, FailureReason.REGISTRY_UNAVAILABLE)
    (version,) = versions(client, "unconfirmed")
    assert Tag.COMPLETE not in version.tags


def test_a_model_that_another_sensor_owns_is_refused(
    client: MlflowClient, mlflow_server: MlflowServer, start: Callable[..., Job], first: Trained
) -> None:
    other = {"namespace": "ml", "name": "t-1", "uid": "uid-t-1"}
    job = start(
        a_job(mlflow_server.url, "owned") | {ENV_TASK: a_task(registeredModel=first.name, sensorModel=other).to_json()}
    )

    ended = failed(job)

    assert ended[:2] == (ExitCode.CANNOT_WORK, FailureReason.REGISTERED_MODEL_OWNED)
    assert "belongs to SensorModel ml/p-1" in ended[2]
    require_nothing_registered(client, "owned")
