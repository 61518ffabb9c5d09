"""`python -m tests.e2e.inside STATE GROUP RESULTS ARCHIVE …`: the node and the walk, apart from the machine.

Started by `__main__` through `run_apart`. Exit status: 0 when every step passed, 1 when one did not.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

from localcluster import Cluster, ClusterError
from localcluster.fullnode import FullNode
from localcluster.fullnode.surroundings import NODE_ADDRESS, prepare_surroundings
from tests.e2e.results import Results, StepError
from tests.e2e.scene import MODEL, PLANT, SYSTEM, Scene
from tests.e2e.walk import BOOT, STEPS

_LOGS: Final = "logs-of-the-last-failure"
_WHEN_IT_FAILS: Final = (
    ("get", "pods", "--all-namespaces", "-o", "wide"),
    ("get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"),
    ("describe", "sm", MODEL, "-n", PLANT),
    ("logs", "-n", SYSTEM, "-l", "app.kubernetes.io/name=sensor-model-operator", "--tail=30", "--prefix"),
    ("logs", "-n", PLANT, "-l", "app.kubernetes.io/name=sensor-model-trainer", "--tail=30", "--prefix"),
)


def main(state: Path, group: str, results: Results, archives: list[Path]) -> int:
    """Boot the node and walk; returns the exit status.

    Raises:
        KeyboardInterrupt: it was asked to end; everything has been stopped.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    prepare_surroundings(state)
    with Cluster(state / "cluster", address=NODE_ADDRESS, say=_say) as cluster:
        node = FullNode(cluster.control_plane, state / "node", group, _say)
        scene = Scene(cluster, node, state)
        try:
            results.run(BOOT, partial(_boot, scene, archives))
            for step in STEPS:
                results.run(step.name, partial(step.run, scene))
            _let_look_around(cluster)
        except (ClusterError, StepError):  # told and kept as the result of its step
            _tell_more(cluster, state.parent / _LOGS)
            return 1
        finally:
            node.stop()
    return 0


def _boot(scene: Scene, archives: Sequence[Path]) -> str:
    scene.node.start()
    for archive in archives:
        scene.node.load_image(archive)
        archive.unlink()
    return scene.kubectl("get", "nodes", "--no-headers").strip()


def _let_look_around(cluster: Cluster) -> None:
    """With KEEP=1 open a shell beside the node; when it is left, everything ends."""
    if os.environ.get("KEEP", "") in {"", "0"}:
        return
    _say("a shell beside the node: kubectl, ctr and ip show what runs; exit ends it")
    path = f"{cluster.bin}:{os.environ['PATH']}"
    subprocess.run(["sh", "-i"], env=os.environ | {"KUBECONFIG": str(cluster.kubeconfig), "PATH": path}, check=False)


def _tell_more(cluster: Cluster, logs: Path) -> None:
    """What the cluster says of itself; the logs of its programs are kept."""
    for question in _WHEN_IT_FAILS:
        print(f"\n$ kubectl {' '.join(question)}")
        try:
            print(cluster.kubectl(*question), flush=True)
        except ClusterError as error:
            print(error, flush=True)
    shutil.rmtree(logs, ignore_errors=True)
    shutil.copytree(cluster.logs_dir, logs)
    _say(f"logs of the node and the control plane: {logs}")


def _say(message: str) -> None:
    print(f"e2e: {message}", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Results(Path(sys.argv[3])), [Path(path) for path in sys.argv[4:]]))
