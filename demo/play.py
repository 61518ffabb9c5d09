"""Plays the demo in a state folder, and cleans up however it ends. Called by `__main__`."""

import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from demo.run import Run
from demo.servers import NAMESPACE, ROOT
from demo.view import View
from localcluster import ClusterChoice, ClusterError
from localcluster.project_images import TRAINER

_CURRENT_CLUSTER_NEEDS: Final = f"""\
CLUSTER=current: the demo uses the current context of your kubeconfig. It starts no node there, so that cluster needs
one that runs the image {TRAINER}, sees the files of this machine at the same paths, and reaches its
loopback addresses, where MLflow listens. The cluster of `make cluster`, started in another terminal, is such a one.
The CRDs and the operator's roles are installed and stay; the namespace {NAMESPACE} is deleted at the end.
"""


def play(choice: ClusterChoice, *, seconds: float, keep: bool) -> int:
    """Play it; returns the exit status.

    Args:
        choice: which cluster.
        seconds: how long the steps may take.
        keep: leave everything running until Ctrl-C, and the state folder for good.
    """
    view = View()
    state = Path(tempfile.mkdtemp(prefix="sensor-model-demo-"))
    try:
        return _play(choice, state, view, seconds=seconds, keep=keep)
    except (ClusterError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        view.title(f"demo: {error}")
        return 1
    finally:
        if keep:
            view.say(f"everything lies in {state}; delete it when you have seen enough")
        else:
            shutil.rmtree(state, ignore_errors=True)


def _play(choice: ClusterChoice, state: Path, view: View, *, seconds: float, keep: bool) -> int:
    if choice is ClusterChoice.CURRENT:
        view.block(_CURRENT_CLUSTER_NEEDS)
    with ExitStack() as ends:
        try:
            run = Run(choice, state, view, ends)
            run.start()
            complete = run.follow(seconds)
            run.tell_end()
            run.draw(ROOT / "demo-report.html", state / "demo-report.png")
            run.tell_result(keep=keep)
            if keep:
                run.wait_for_interrupt()
            view.say("stopping the operator, MLflow and Kubernetes")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not stop the stopping
    return 0 if complete else 1
