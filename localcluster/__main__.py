"""`python -m localcluster`: a Kubernetes on this machine, by hand.

up      start it and keep it until Ctrl-C (or --detach)
down    stop a detached one
status  say whether one runs, and what
env     print the shell lines that point kubectl to it
build   only compile the control plane
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from localcluster.build import COMPONENTS, ensure_built
from localcluster.cluster import Cluster
from localcluster.errors import ClusterError, ComponentError
from localcluster.folders import default_state_dir, lock_holder
from localcluster.project_images import project_images

_CHECK_EVERY = 1.0  # seconds
_STOPS_WITHIN = 60.0
_READY = "ready:"


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m localcluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["up", "down", "status", "env", "build"])
    parser.add_argument("--state", type=Path, default=default_state_dir(), help="its folder (%(default)s)")
    parser.add_argument("--detach", action="store_true", help="up: leave it running in the background")
    arguments = parser.parse_args()
    state_dir: Path = arguments.state.absolute()
    try:
        match arguments.command:
            case "up" if arguments.detach:
                _up_detached(state_dir)
            case "up":
                _up(state_dir)
            case "down":
                _down(state_dir)
            case "status":
                return _status(state_dir)
            case "env":
                _env(state_dir)
            case "build":
                print(ensure_built(_say))
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _up(state_dir: Path) -> None:
    """Run until a signal; a component that dies ends it, too."""
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    try:
        with Cluster(state_dir, images=project_images(), say=_say) as cluster:
            _say(f"{_READY} Kubernetes at {cluster.server} after {time.monotonic() - started:.1f} s")
            _say(f"  logs       {cluster.logs_dir}")
            _say(f"  images     {', '.join(project_images())}")
            _say(f'  use it     eval "$(python -m localcluster env --state {shlex.quote(str(state_dir))})"')
            _say("  stop it    Ctrl-C, or python -m localcluster down")
            while True:
                cluster.check()
                time.sleep(_CHECK_EVERY)
    except KeyboardInterrupt:
        _say("stopped; its objects are kept for the next start")


def _up_detached(state_dir: Path) -> None:
    """Start another process that runs `up`, show its progress, and leave it when it is ready."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = state_dir / "up.log"
    command = [sys.executable, "-m", "localcluster", "up", "--state", str(state_dir)]
    with log.open("w") as output, log.open() as progress:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        is_ready = False
        while not is_ready or progress.tell() < log.stat().st_size:
            line = progress.readline()
            is_ready = is_ready or line.startswith(_READY)
            if line:
                print(line, end="", flush=True)
            elif process.poll() is not None:
                raise ComponentError(f"the cluster did not start; see {log}")
            else:
                time.sleep(0.05)
    process.returncode = 0  # it is meant to outlive this process


def _down(state_dir: Path) -> None:
    pid = lock_holder(state_dir)
    if pid is None:
        print(f"no cluster runs on {state_dir}")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOPS_WITHIN
    while lock_holder(state_dir) is not None:
        if time.monotonic() > deadline:
            raise ClusterError(f"process {pid} did not stop within {_STOPS_WITHIN:.0f} s")
        time.sleep(0.05)
    print(f"stopped; {state_dir} keeps its objects")


def _status(state_dir: Path) -> int:
    pid = lock_holder(state_dir)
    if pid is None:
        print(f"no cluster runs on {state_dir}")
        return 1
    print(f"process {pid} runs a cluster on {state_dir}", flush=True)
    kubectl = [str(ensure_built() / "kubectl"), "--kubeconfig", str(state_dir / "kubeconfig")]
    return subprocess.run([*kubectl, "get", "nodes"], check=False).returncode


def _env(state_dir: Path) -> None:
    bin_dir = ensure_built()
    if lock_holder(state_dir) is None:
        raise ClusterError(f"no cluster runs on {state_dir}; start one with: python -m localcluster up --detach")
    print(f"export KUBECONFIG={shlex.quote(str(state_dir / 'kubeconfig'))}")
    print(f"export PATH={shlex.quote(str(bin_dir))}:$PATH  # {', '.join(COMPONENTS)}")


def _say(message: str) -> None:
    print(message, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough; stopping takes a second
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
