"""`python -m localcluster` starts, shows and stops a cluster."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def localcluster(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localcluster", *arguments, "--state", str(state)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_up_status_env_down(tmp_path: Path) -> None:
    up = localcluster("up", "--detach", state=tmp_path)
    try:
        status = localcluster("status", state=tmp_path)
        environment = localcluster("env", state=tmp_path)
        again = localcluster("up", state=tmp_path)
        shell = f"{environment.stdout}\nkubectl get nodes -o name"
        nodes = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
    finally:
        down = localcluster("down", state=tmp_path)
    after = localcluster("status", state=tmp_path)
    assert "ready: Kubernetes at https://127.0.0.1:" in up.stdout
    assert (status.returncode, "node-1   Ready" in status.stdout) == (0, True)
    assert nodes == "node/node-1\n"
    assert (again.returncode, "is in use by process" in again.stderr) == (1, True)
    assert (down.returncode, after.returncode) == (0, 1)
    assert "no cluster runs on" in after.stdout


def test_env_without_a_cluster_says_how_to_start_one(tmp_path: Path) -> None:
    environment = localcluster("env", state=tmp_path)
    assert (environment.returncode, environment.stdout) == (1, "")
    assert "start one with: python -m localcluster up --detach" in environment.stderr
