"""Compile the programs that only tests need, once per user and version: helm, promtool and a judge by kstatus.

Each is built when a test asks for it first, from the module `tools/` beside this file, and kept in the user's cache
under the hash of that module.
"""

import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from localcluster.build import run_go, say_nothing, say_on_stderr
from localcluster.folders import cache_dir, locked
from localcluster.toolchain import find_go

_MODULE: Final = Path(__file__).with_name("tools")
_TAGS: Final = "remove_all_sd"  # promtool without the service discovery of every cloud: half the compilation
_PACKAGES: Final = {
    "helm": "helm.sh/helm/v3/cmd/helm",
    "promtool": "github.com/prometheus/prometheus/cmd/promtool",
    "kstatus": "./kstatus",
}


def ensure_tool(name: str, say: Callable[[str], None] = say_on_stderr) -> Path:
    """The program of that name, compiled now when it is not there yet.

    Args:
        name: helm, promtool or kstatus.
        say: receives one line of progress at a time.

    Raises:
        BuildError: no toolchain, no network for the first build, or the compiler's own words.
    """
    home = cache_dir() / "localcluster" / f"tools-{_module_digest()}"
    home.mkdir(parents=True, exist_ok=True)
    program = home / name
    with locked(home / f"{name}.lock"):
        if not program.exists():
            say(f"building {name}: once per version, up to three minutes on two cores")
            with tempfile.TemporaryDirectory(dir=home) as folder:
                built = Path(folder) / name
                _compile(find_go(say), _PACKAGES[name], built)
                built.rename(program)
    return program


def _module_digest() -> str:
    digest = sha256()
    for path in sorted(path for path in _MODULE.rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _compile(go: Path, package: str, program: Path) -> None:
    run_go(
        go,
        ["build", "-tags", _TAGS, "-trimpath", "-ldflags", "-s -w", "-o", str(program), package],
        say_nothing,
        _MODULE,
    )
