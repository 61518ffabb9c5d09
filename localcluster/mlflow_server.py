"""A real MLflow server on this machine, for the demo and the tests.

SQLite and a folder hold everything, so a stopped server that is started again on the same folder has lost nothing. The
server never outlives the process that started it, however that process ends.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

HOST: Final = "127.0.0.1"
READY_IN: Final = 120.0  # seconds; the first start creates the schema
STOPPED_IN: Final = 10.0  # seconds until a server that ignores SIGTERM is killed

# The shell leads a process group of its own. It ends the group when the server ends, or when its standard input does:
# the kernel closes that pipe with the process that holds the other end, even if it was killed.
_SUPERVISE: Final = '{ "$@" </dev/null; kill 0; } & read -r _; kill 0'

_ENVIRONMENT: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # otherwise eight more processes and 1.5 GB
}


class MlflowServer:
    """An MLflow server as a context manager: inside it answers at `url`.

    Args:
        folder: keeps the database, the artifacts and the log; created if missing.
        port: where to listen; None for a free one, which a restart keeps.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._folder = folder
        self._port = port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The tracking and registry URI."""
        return f"http://{HOST}:{self._port}"

    @property
    def log(self) -> Path:
        """Where the server's output goes."""
        return self._folder / "mlflow.log"

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            RuntimeError: it ended, or did not answer in time; the message ends with its last output.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _SUPERVISE, "mlflow-server", *self._command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | _ENVIRONMENT,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_IN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"MLflow did not start at {self.url}:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server, at the latest by force; nothing happens when it is not running."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOPPED_IN)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the group outlives its leader while a worker shuts down
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _command(self) -> list[str]:
        folder = self._folder.resolve()
        return [
            *(sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(self._port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
            *("--serve-artifacts", "--artifacts-destination", (folder / "artifacts").as_uri()),
        ]

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=1.0)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
