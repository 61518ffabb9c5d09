"""Compile the programs that only tests need, once per user and version: helm, promtool, kube-score, a judge by kstatus.

Each is built when a test asks for it first, from one of the Go modules beside this file, and kept in the user's cache
under the hash of that module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from localcluster.build import compile_program, say_on_stderr
from localcluster.folders import cache_dir, make_once


@dataclass(frozen=True)
class Tool:
    """A package of a Go module beside this file."""

    module: str
    package: str
    tags: str = ""


_TOOLS: Final = {
    "helm": Tool("tools", "helm.sh/helm/v3/cmd/helm"),
    "promtool": Tool(
        "tools",
        "github.com/prometheus/prometheus/cmd/promtool",
        "remove_all_sd",  # without the service discovery of every cloud: half the compilation
    ),
    "kstatus": Tool("tools", "./kstatus"),
    "kube-score": Tool("kubescore", "github.com/zegl/kube-score/cmd/kube-score"),
}


def ensure_tool(name: str, say: Callable[[str], None] = say_on_stderr) -> Path:
    """The program of that name, compiled now when it is not there yet.

    Args:
        name: helm, promtool, kstatus or kube-score.
        say: receives one line of progress at a time.

    Raises:
        BuildError: no toolchain, no network for the first build, or the compiler's own words.
    """
    tool = _TOOLS[name]
    module = Path(__file__).with_name(tool.module)
    home = cache_dir() / "localcluster" / f"{tool.module}-{_digest(module)}"

    def build(program: Path) -> None:
        say(f"building {name}: once per version, up to three minutes on two cores")
        compile_program(program, tool.package, module, say, tags=tool.tags)

    return make_once(home / name, build)


def _digest(module: Path) -> str:
    digest = sha256()
    for path in sorted(path for path in module.rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
