"""The environments of the peers: what is installed into each, and how a program is run there.

Called by `bench.peers.__main__`. An environment is made when it is first asked for and then kept; the project's own is
never touched, because the peers need each other's versions as little as ours.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.processes import ROOT

FOLDER: Final = ROOT / ".venv" / "peers"
OURS: Final = ("pydantic==2.14.4",)  # what the drift check needs beside numpy and scipy
REQUIREMENTS: Final = {
    "scipy": ("scipy==1.17.1", "numpy==2.4.6"),
    "frouros": ("frouros==0.9.0", "numpy==2.1.3", "scipy==1.14.1"),
    "evidently": ("evidently==0.7.23", "pandas==2.3.3", "numpy==2.4.6", "scipy==1.17.1"),  # fails with pandas 3
    "alibi-detect": ("alibi-detect==0.13.0", "numpy==1.26.4", "scipy==1.17.1"),
    # statsmodels is needed and not declared.
    "nannyml": ("nannyml==0.13.1", "statsmodels==0.15.0", "pandas==3.1.1", "numpy==2.4.6", "scipy==1.17.1"),
}
_PATIENCE: Final = 1800  # seconds, for an installation or a measurement


class PeerFailed(RuntimeError):  # noqa: N818  what it says is a fact about the peer
    """A peer could not be installed or measured; the message is the end of what it printed."""


def install(name: str) -> Path:
    """The interpreter of the peer's environment, which is made if need be.

    Raises:
        PeerFailed: the packages cannot be installed.
    """
    folder = FOLDER / name
    python, ready = folder / "bin" / "python", folder / "ready"
    wanted = "\n".join((*REQUIREMENTS[name], *OURS))
    if ready.exists() and ready.read_text(encoding="utf-8") == wanted:
        return python
    uv = Path(sys.executable).parent / "uv"
    _run([str(uv), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    _run([str(uv), "pip", "install", "--quiet", "--python", str(python), *REQUIREMENTS[name], *OURS])
    ready.write_text(wanted, encoding="utf-8")
    return python


def measured(name: str, python: Path, *, quick: bool) -> str:
    """What `bench.peers.measure` prints in the peer's environment.

    Raises:
        PeerFailed: it ended with an error.
    """
    return _run([str(python), "-m", "bench.peers.measure", name, *(["--quick"] if quick else [])])


def _run(command: list[str]) -> str:
    """What a program printed; without reports to the peer's makers."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "trainer")]),
        "PYTHONWARNINGS": "ignore",
        "NML_DISABLE_USAGE_LOGGING": "1",
        "DO_NOT_TRACK": "1",
        "VIRTUAL_ENV": "",
    }
    done = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
    )
    if done.returncode:
        raise PeerFailed((done.stderr or done.stdout).strip()[-600:])
    return done.stdout
