"""`make demo` (`python -m demo`): watch the whole loop, from the first training to a retraining that drift asked for.

Environment:
    KEEP=1            afterwards leave Kubernetes, MLflow and the operator running until Ctrl-C, to look around
    CLUSTER=current   use the current context of your kubeconfig instead of a cluster of the demo's own
    DEMO_SECONDS=600  how long the steps may take once everything runs; default 300

Exit status: 0 when every step was seen, 1 when one was not or something did not start, 2 when the environment asks for
something that does not exist, 130 after Ctrl-C.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Final

from demo.run import Run
from demo.servers import NAMESPACE, ROOT
from demo.view import View
from localcluster import ClusterChoice, ClusterError, choose_cluster
from localcluster.project_images import TRAINER

_SECONDS: Final = "300"
_INTERRUPTED: Final = 130
_USAGE: Final = 2

_CURRENT_CLUSTER_NEEDS: Final = f"""\
CLUSTER=current: the demo uses the current context of your kubeconfig. It starts no node there, so that cluster needs
one that runs the image {TRAINER}, sees the files of this machine at the same paths, and reaches its
loopback addresses, where MLflow listens. The cluster of `make cluster`, started in another terminal, is such a one.
The CRDs and the operator's roles are installed and stay; the namespace {NAMESPACE} is deleted at the end.
"""


def main() -> int:
    """Run the demo; returns the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    view = View()
    try:
        choice = choose_cluster(os.environ)
        seconds = float(os.environ.get("DEMO_SECONDS") or _SECONDS)
    except (ClusterError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return _USAGE
    keep = os.environ.get("KEEP", "") not in {"", "0"}
    state = Path(tempfile.mkdtemp(prefix="sensor-model-demo-"))
    try:
        return _play(choice, state, view, seconds=seconds, keep=keep)
    except KeyboardInterrupt:
        view.title("interrupted: everything that was started has been stopped")
        return _INTERRUPTED
    except (ClusterError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        view.title(f"demo: {error}")
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave the state folder behind
        if keep:
            view.say(f"everything lies in {state}; delete it when you have seen enough")
        else:
            shutil.rmtree(state, ignore_errors=True)


def _play(choice: ClusterChoice, state: Path, view: View, *, seconds: float, keep: bool) -> int:
    if choice is ClusterChoice.CURRENT:
        view.block(_CURRENT_CLUSTER_NEEDS)
    with ExitStack() as ends:
        run = Run(choice, state, view, ends)
        run.start()
        complete = run.follow(seconds)
        run.tell_end()
        run.draw(ROOT / "demo-report.html", state / "demo-report.png")
        run.tell_result(keep=keep)
        if keep:
            run.wait_for_interrupt()
        view.say("stopping the operator, MLflow and Kubernetes")
    return 0 if complete else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
