"""The base image: the Dockerfile's own where a registry can be reached, else one that debootstrap makes."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from localcluster.errors import BuildError
from localcluster.images.store import ImageStore

VARIABLE: Final = "PYTHON_IMAGE"
_REGISTRY: Final = ("registry-1.docker.io", 443)
_REACHED_IN: Final = 5.0  # seconds
_SUITE: Final = "bookworm"
_DEBIAN: Final = f"localhost/python-debian:{_SUITE}"
_PACKAGES: Final = "python3,python3-venv,ca-certificates"
_LEFT_OUT: Final = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
)
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def base_image(store: ImageStore, say: Callable[[str], None]) -> str | None:
    """The image to build upon; None for the Dockerfile's default."""
    if given := os.environ.get(VARIABLE):
        return given
    if _registry_answers():
        return None
    if not store.has(_DEBIAN):
        say(f"no registry can be reached: debootstrap makes a base image with the Python of Debian {_SUITE}")
        _bootstrap(store)
    return _DEBIAN


def _registry_answers() -> bool:
    try:
        socket.create_connection(_REGISTRY, timeout=_REACHED_IN).close()
    except OSError:
        return False
    return True


def _bootstrap(store: ImageStore) -> None:
    store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store.folder, prefix="base-") as folder:
        root = Path(folder) / "root"
        command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise BuildError(f"debootstrap failed:\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}")
        for left_out in _LEFT_OUT:
            shutil.rmtree(root / left_out)
            (root / left_out).mkdir()
        archive = Path(folder) / "root.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        container = store("from", "scratch").strip()
        store("add", container, str(archive), "/")
        store("config", "--cmd=python3", f"--env=PATH={_PATH}", container)
        store("commit", "--rm", "--quiet", container, _DEBIAN)
