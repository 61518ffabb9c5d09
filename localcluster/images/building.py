"""Build the images: which targets, from which base, with which labels, and how large they became."""

import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from localcluster.folders import cache_dir, locked
from localcluster.images.base import VARIABLE, base_image
from localcluster.images.store import ImageStore

IMAGES: Final = {
    "operator": "sensor-model-operator",
    "trainer": "sensor-model-trainer",
    "mlflow": "sensor-model-mlflow",
}
"""Target of the Dockerfile → name of the image."""

_ROOT: Final = Path(__file__).resolve().parents[2]
_SOURCES: Final = ("Dockerfile", "pyproject.toml", "requirements", "operator", "trainer")
_OLDEST: Final = 315_532_800  # 1980: archives know no earlier time
_CERTIFICATES: Final = Path("/etc/ssl/certs")
_PIP: Final = "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n"
_UV_CACHE: Final = "/var/cache/uv"  # in the container that builds
_UV: Final = f'system-certs = true\ncache-dir = "{_UV_CACHE}"\n'


def image_store() -> ImageStore:
    """Where this project's images are on this machine."""
    return ImageStore(cache_dir() / "images")


def _project() -> dict[str, Any]:
    """What pyproject.toml says of the project."""
    return dict(tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def image_names() -> dict[str, str]:
    """Target → name of its image, with its tag: the project's version."""
    return {target: f"{name}:{_project()['version']}" for target, name in IMAGES.items()}


def build_images(say: Callable[[str], None]) -> dict[str, str]:
    """Build every target; returns target → name of its image, with its tag.

    What has not changed comes from the store. uv's downloads are kept on this machine, as those of `make` are.

    Raises:
        BuildError: a build failed; the message ends with the builder's last words.
    """
    store, project = image_store(), _project()
    store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = image_names()
    with locked(store.folder / "lock"):
        base = base_image(store, say)
        origin = {"REVISION": _git("rev-parse", "HEAD"), "SOURCE": project.get("urls", {}).get("Source")}
        given = {"VERSION": project["version"], VARIABLE: base, **origin}
        arguments = {key: value for key, value in given.items() if value}
        epoch = int(_git("log", "-1", "--format=%ct", "--", *_SOURCES) or _OLDEST)
        log = store.folder / "build.log"
        log.unlink(missing_ok=True)
        for target, name in names.items():
            started = time.monotonic()
            say(f"building {name} (what the builder says: {log})")
            store.build(target, name, arguments=arguments, volumes=_volumes(store.folder), epoch=epoch, log=log)
            say(f"built {name}: {store.size(name)}, {time.monotonic() - started:.0f} s")
    return names


def _volumes(folder: Path) -> dict[Path, str]:
    """Whom this machine trusts, and what it has downloaded: neither becomes part of an image."""
    (folder / "pip.conf").write_text(_PIP, encoding="ascii")
    (folder / "uv.toml").write_text(_UV, encoding="ascii")
    answer = subprocess.run([_ROOT / ".venv/bin/uv", "cache", "dir"], capture_output=True, text=True, check=True)
    downloads = Path(answer.stdout.strip())
    downloads.mkdir(parents=True, exist_ok=True)
    return {
        _CERTIFICATES: f"{_CERTIFICATES}:ro",
        folder / "pip.conf": "/etc/pip.conf:ro",
        folder / "uv.toml": "/etc/uv/uv.toml:ro",
        downloads: f"{_UV_CACHE}:rw",
    }


def _git(*arguments: str) -> str:
    """What git says of these sources, nothing where they are no repository."""
    answer = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""
