"""buildah with a store of its own in the user's cache: nothing mixes with what else is on this machine."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from localcluster.errors import BuildError

_LAST_LINES: Final = 25
_PARTS: Final = """
image=$1 pattern=$2; shift 2
container=$(buildah "$@" from --pull-never "$image")
trap 'buildah "$@" rm "$container" > /dev/null' EXIT
du --bytes --max-depth=1 "$(buildah "$@" mount "$container")"/$pattern
"""
_APART: Final = ("unshare", "--mount", "--propagation=private")  # buildah mounts its store, and does not unmount it


class ImageStore:
    """Images by name; `folder` may be removed at any time, and costs a build anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._options = ["--root", str(folder / "storage"), "--runroot", str(folder / "run")]

    def __call__(self, *arguments: str, log: Path | None = None) -> str:
        """What buildah prints; with `log`, all that it says is appended there.

        Raises:
            BuildError: it failed; the message ends with its last words.
        """
        command = [*_APART, "buildah", *self._options, *arguments]
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if log is not None:
            with log.open("a", encoding="utf-8") as file:
                file.write(answer.stdout + answer.stderr)
        if answer.returncode != 0:
            said = "\n".join((answer.stdout + answer.stderr).splitlines()[-_LAST_LINES:])
            raise BuildError(f"buildah {arguments[0]} failed:\n{said}")
        return answer.stdout

    def has(self, name: str) -> bool:
        """Whether there is an image of that name; there is none where nothing was ever built."""
        if not self.folder.exists() or shutil.which("buildah") is None:
            return False
        return bool(self("images", "--quiet", "--filter", f"reference={name}").strip())

    def size(self, name: str) -> str:
        """How large an image is on disk, all layers together."""
        return self("images", "--noheading", "--format={{.Size}}", name).strip()

    def parts(self, name: str, pattern: str) -> dict[str, int]:
        """Bytes of each folder directly below one of an image's folders.

        Args:
            name: of the image.
            pattern: the folder's path without a leading slash, as a pattern of the shell.

        Raises:
            BuildError: it cannot be looked into.
        """
        command = [*_APART, "sh", "-euc", _PARTS, "sh", name, pattern, *self._options]
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise BuildError(f"{name} cannot be looked into:\n{answer.stderr}")
        *lines, _whole = (line.split("\t") for line in answer.stdout.splitlines())
        return {Path(path).name: int(size) for size, path in lines}

    def build(
        self,
        target: str,
        name: str,
        *,
        arguments: Mapping[str, str],
        volumes: Mapping[Path, str],
        epoch: int,
        log: Path,
    ) -> None:
        """Build one target of the Dockerfile in the working folder.

        Args:
            target: of the Dockerfile.
            name: of the image.
            arguments: build arguments.
            volumes: what `RUN` steps see of this machine: path here → path there and options.
            epoch: seconds since 1970; the time stamp of every file, so that the same sources give the same image.
            log: receives what buildah says.
        """
        options = ["--isolation=chroot", "--layers", f"--timestamp={epoch}", "--target", target, "--tag", name]
        options += [f"--build-arg={key}={value}" for key, value in arguments.items()]
        options += [f"--volume={here}:{there}" for here, there in volumes.items()]
        self("build", *options, ".", log=log)

    def export(self, name: str, archive: Path) -> Path:
        """Write an image as a Docker archive, under the name that a cluster knows it by, and return the path."""
        archive.unlink(missing_ok=True)
        self("push", "--quiet", f"localhost/{name}", f"docker-archive:{archive}:docker.io/library/{name}")
        return archive
