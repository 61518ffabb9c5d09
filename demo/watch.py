"""Watches objects of the API server: one `kubectl` per kind, whose lines a thread puts into one queue.

`kubectl get --raw '…?watch=1'` gives the API server's own watch events, one JSON document a line: nothing is polled,
and no status between two looks is missed. The processes end with the demo, however it ends.
"""

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from localcluster.processes import supervised

PATHS: Final = {
    "SensorModel": "/apis/sensormodel.io/v1alpha1/namespaces/{namespace}/sensormodels",
    "Job": "/apis/batch/v1/namespaces/{namespace}/jobs",
    "Event": "/apis/events.k8s.io/v1/namespaces/{namespace}/events",
}
"""Kind → where its collection is."""

_STOPPED_IN: Final = 5.0  # seconds


class Change(NamedTuple):
    """An object that appeared, changed or disappeared."""

    kind: str
    type: str  # ADDED, MODIFIED, DELETED
    object: dict[str, Any]


class Watches:
    """Watches of all kinds in `PATHS`, in one namespace, as a context manager.

    Args:
        kubectl: the program.
        environment: with the kubeconfig.
        namespace: to look into.
        log: file for what kubectl complains about.
    """

    def __init__(self, kubectl: Path, environment: Mapping[str, str], namespace: str, log: Path) -> None:
        self._kubectl = kubectl
        self._environment = environment
        self._namespace = namespace
        self._log = log
        self._changes: queue.Queue[Change] = queue.Queue()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for kind, path in PATHS.items():
            self._start(kind, f"{path.format(namespace=self._namespace)}?watch=1")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(_STOPPED_IN)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def next(self, timeout: float) -> list[Change]:
        """The changes since the last call; waits up to `timeout` seconds for the first.

        Raises:
            RuntimeError: a watch has ended.
        """
        found: list[Change] = []
        try:
            found.append(self._changes.get(timeout=timeout))
            while True:
                found.append(self._changes.get_nowait())
        except queue.Empty:
            pass
        if not found and any(process.poll() is not None for process in self._processes):
            raise RuntimeError(f"a watch of the API server ended; what kubectl said is in {self._log}")
        return found

    def _start(self, kind: str, path: str) -> None:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                supervised([self._kubectl, "get", "--raw", path]),
                env=self._environment,
                stdin=subprocess.PIPE,  # the lifeline
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which ends its processes in order
            )
        self._processes.append(process)
        threading.Thread(target=self._read, args=(kind, process), daemon=True).start()

    def _read(self, kind: str, process: subprocess.Popen[bytes]) -> None:
        for line in process.stdout or ():
            event = json.loads(line)
            self._changes.put(Change(kind, event["type"], event["object"]))
