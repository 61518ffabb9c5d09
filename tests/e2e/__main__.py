"""`python -m tests.e2e` (`make e2e`): the whole loop on a full node of this machine.

Exit status: 0 when every step passed, 1 when one did not, 3 when this machine cannot run it, 130 after Ctrl-C.
Environment: KEEP=1 opens a shell beside the node after the steps; everything ends when it is left.
"""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from localcluster import ClusterError
from localcluster.build import NODE, PAUSE, ensure_built
from localcluster.folders import cache_dir
from localcluster.fullnode import ensure_packages, run_apart, why_not
from localcluster.fullnode.namespaces import remains
from localcluster.images import build_images, image_store
from tests.e2e.results import Results, table
from tests.e2e.walk import BOOT, STEPS

_NOT_HERE: Final = 3
_INTERRUPTED: Final = 130
_PACKAGES, _PROGRAMS, _IMAGES, _TORN_DOWN = (
    "what is missing of containerd, runc, buildah and others is installed",
    "the node's programs are compiled",
    "three images are built from the Dockerfile",
    "nothing is left on the machine: processes, mounts, control groups, folders",
)
_BEFORE: Final = (_PACKAGES, _PROGRAMS, _IMAGES)


def main() -> int:
    """Run all steps; returns the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    folder = cache_dir() / "e2e"
    if reason := why_not(folder):
        print(f"e2e: not run because {reason}")
        return _NOT_HERE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "results.jsonl"
    file.unlink(missing_ok=True)
    results = Results(file)
    archives: list[Path] = []
    status = 1
    try:
        _prepare(results, folder, archives)
        status = run_apart(folder, lambda state, group: _inside(state, group, file, archives))
    except ClusterError:
        pass  # told and kept as the result of its step
    except KeyboardInterrupt:
        status = _INTERRUPTED
    finally:
        for archive in archives:
            archive.unlink(missing_ok=True)
    return _conclude(results, folder, status)


def _prepare(results: Results, folder: Path, archives: list[Path]) -> None:
    """Install, compile and build what the node needs, while there is a network."""

    def install() -> str:
        ensure_packages(_say)
        return "all there"

    def compile_programs() -> str:
        ensure_built(_say)
        return ", ".join(ensure_built(_say, program).parent.name for program in (NODE, PAUSE))

    def build() -> str:
        names = build_images(_say)
        archives.extend(image_store().export(name, folder / f"{target}.tar") for target, name in names.items())
        return ", ".join(names.values())

    for name, step in zip(_BEFORE, (install, compile_programs, build), strict=True):
        results.run(name, step)


def _inside(state: Path, group: str, results: Path, archives: Sequence[Path]) -> list[str]:
    return [sys.executable, "-m", "tests.e2e.inside", str(state), group, str(results), *map(str, archives)]


def _conclude(results: Results, folder: Path, status: int) -> int:
    """Check that nothing is left, and print the table."""

    def look() -> str:
        if found := remains(folder):
            raise ClusterError(f"left behind: {', '.join(found)}")
        return "nothing found"

    results.add_unreached([*_BEFORE, BOOT, *(step.name for step in STEPS)])
    try:
        results.run(_TORN_DOWN, look)
    except ClusterError:
        status = status or 1
    print(f"\n{table(results.read())}", flush=True)
    return status


def _say(message: str) -> None:
    print(f"e2e: {message}", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
