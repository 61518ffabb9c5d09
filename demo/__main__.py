"""`make demo` (`python -m demo`): watch the whole loop, from the first training to a retraining that drift asked for.

Environment:
    KEEP=1            afterwards leave Kubernetes, MLflow and the operator running until Ctrl-C, to look around
    CLUSTER=current   use the current context of your kubeconfig instead of a cluster of the demo's own
    DEMO_SECONDS=600  how long the steps may take once everything runs; default 300

Exit status: 0 when every step was seen, 1 when one was not or something did not start, 2 when the environment asks for
something that does not exist, 130 after Ctrl-C.
"""

import os
import signal
import sys
from types import FrameType
from typing import Final

from localcluster import ClusterError, choose_cluster

_SECONDS: Final = "300"
_INTERRUPTED: Final = 130
_USAGE: Final = 2


def main() -> int:
    """Run the demo; returns the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        choice = choose_cluster(os.environ)
        seconds = float(os.environ.get("DEMO_SECONDS") or _SECONDS)
    except (ClusterError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return _USAGE
    keep = os.environ.get("KEEP", "") not in {"", "0"}
    try:
        from demo.play import play  # noqa: PLC0415  takes seconds, and Ctrl-C is understood by now

        return play(choice, seconds=seconds, keep=keep)
    except KeyboardInterrupt:
        print("\ninterrupted: everything that was started has been stopped")
        return _INTERRUPTED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
