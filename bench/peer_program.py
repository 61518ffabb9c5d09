"""Compile the yardstick, a controller-runtime operator in `peer/`, once per user and version."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from localcluster.folders import cache_dir, locked
from localcluster.toolchain import find_go

_MODULE: Final = Path(__file__).with_name("peer")
_SOURCES: Final = ("api.go", "main.go", "go.mod", "go.sum")
_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


def ensure_peer_built(say: Callable[[str], None]) -> Path:
    """The program, compiled now when it is not there yet.

    Args:
        say: receives one line of progress at a time.

    Raises:
        RuntimeError: it does not compile, or its modules cannot be downloaded; the message says what go said.
    """
    program = cache_dir() / "bench" / f"peer-{_digest()}"
    with locked(program.with_suffix(".lock")):
        if not program.exists():
            say("building the controller-runtime operator: once per version, 3 to 5 minutes on two cores")
            with tempfile.TemporaryDirectory(dir=program.parent, prefix="build-") as folder:
                built = Path(folder) / "peer"
                _compile(find_go(say), built)
                built.rename(program)
    return program


def _digest() -> str:
    digest = sha256()
    for name in _SOURCES:
        digest.update((_MODULE / name).read_bytes())
    return digest.hexdigest()[:12]


def _compile(go: Path, target: Path) -> None:
    command = [str(go), "build", "-trimpath", "-ldflags", "-s -w", "-o", str(target), "."]
    answer = subprocess.run(
        command, cwd=_MODULE, env=os.environ | _ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise RuntimeError(f"the controller-runtime operator does not compile:\n{answer.stderr.strip()}")
