import os
import subprocess
import sys

PROGRAM = "import sys, model_contract.drift; print(*sys.modules)"
HEAVY = {"scipy.stats", "scipy.optimize", "pandas", "pyarrow", "mlflow", "tensorflow", "kopf"}


def test_a_worker_starts_without_the_heavy_libraries() -> None:
    """The worker process imports numpy, scipy.special and pydantic, nothing that takes seconds or much memory."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PROGRAM]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    loaded = set(printed.split())
    assert "scipy.special" in loaded
    assert loaded & HEAVY == set()
