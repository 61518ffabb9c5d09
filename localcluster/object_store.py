"""A real S3 server on this machine, for the tests: versitygw, compiled once from the Go module beside this file.

A folder holds everything: its folders are the buckets, the files in them the objects. The server checks signatures and
rights as AWS does. It never outlives the process that started it, however that process ends.
"""

import socket
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from localcluster.build import compile_program, say_on_stderr
from localcluster.folders import cache_dir, make_once
from localcluster.processes import SupervisedProcess

HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"
ACCESS_KEY: Final = "plant"
SECRET_KEY: Final = "a-secret-of-the-plant"  # noqa: S105 - of a server that nobody else reaches
READY_IN: Final = 30.0  # seconds
STOPPED_IN: Final = 5.0

_MODULE: Final = Path(__file__).with_name("objectstore")
_PROGRAM: Final = "github.com/versity/versitygw/cmd/versitygw"


def ensure_built(say: Callable[[str], None] = say_on_stderr) -> Path:
    """The server's program, compiled now when it is not there yet: about a minute on two cores, 45 MB.

    Raises:
        BuildError: no toolchain, no network for the first build, or the compiler's own words.
    """
    digest = sha256((_MODULE / "go.sum").read_bytes() + (_MODULE / "go.mod").read_bytes()).hexdigest()[:12]

    def build(program: Path) -> None:
        say("building the S3 server of the tests: once, about a minute on two cores")
        compile_program(program, _PROGRAM, _MODULE, say)

    return make_once(cache_dir() / "localcluster" / f"versitygw-{digest}", build)


class ObjectStore:
    """An S3 server as a context manager: inside it answers at `url`.

    Args:
        folder: keeps buckets, metadata and the log; created if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: SupervisedProcess | None = None

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://{HOST}:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use the store as its owner; nothing else is asked for credentials."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def add_user(self, access_key: str, secret_key: str) -> None:
        """Add somebody who owns no bucket and may read none."""
        owner = ["--access", ACCESS_KEY, "--secret", SECRET_KEY, "--endpoint-url", self.url, "--region", REGION]
        user = ["--access", access_key, "--secret", secret_key, "--role", "user"]
        subprocess.run([ensure_built(), "admin", *owner, "create-user", *user], check=True, capture_output=True)

    def __enter__(self) -> Self:
        objects, metadata, users = (self._folder / name for name in ("objects", "metadata", "users"))
        for folder in (objects, metadata, users):
            folder.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [ensure_built(), "--port", f"{HOST}:{self._port}", "--region", REGION, "--quiet"]
        command += ["--iam-dir", users, "posix", "--sidecar", metadata, objects]
        self._process = SupervisedProcess(
            command,
            log=self._folder / "object-store.log",
            cwd=self._folder,
            environment={"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
        )
        deadline = time.monotonic() + READY_IN
        while not self._listens():
            self._process.check("the object store")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the object store did not start:\n{self._process.output()[-4000:]}")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server, at the latest by force."""
        if self._process is not None:
            self._process.stop(STOPPED_IN)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex((HOST, self._port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
