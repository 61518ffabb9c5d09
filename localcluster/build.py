"""Compile Kubernetes once per user and version: each program of `kubernetes/` beside this file becomes one binary.

The result lies in the user's cache under a name made of the Kubernetes version and the hash of the module, so a change
of either builds anew and nothing else does. The first build downloads modules and takes minutes; later starts need no
network.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from localcluster.errors import BuildError
from localcluster.folders import cache_dir, make_once
from localcluster.toolchain import find_go


@dataclass(frozen=True)
class Program:
    """One binary of the Go module, and the names under which it is started."""

    name: str
    package: str
    components: tuple[str, ...]
    takes: str
    """How long the first build takes, for people who wait."""


COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
CONTROL_PLANE = Program("kubernetes", ".", COMPONENTS, "4 to 7 minutes on two cores")
NODE = Program("node", "node", ("kubelet", "kube-proxy", "cluster-dns"), "a minute or two after the control plane")
PAUSE = Program("pause", "pause", ("pause",), "a second")

_MODULE = Path(__file__).with_name("kubernetes")
_PACKAGE = re.compile(r"\S+")
_REPORT_EVERY = 5.0  # seconds
_STALE_PACKAGES = "{{if .Stale}}{{.ImportPath}}{{end}}"


def say_on_stderr(message: str) -> None:
    """Where progress goes when the caller names no other place: standard output may be piped."""
    print(message, file=sys.stderr, flush=True)


def say_nothing(_line: str) -> None:
    """Where progress goes that nobody waits for; what went wrong is raised, not said."""


def ensure_built(say: Callable[[str], None] = say_on_stderr, program: Program = CONTROL_PLANE) -> Path:
    """The folder with one program per component, compiled now when it is not there yet.

    Args:
        say: receives one line of progress at a time.
        program: what to compile.

    Raises:
        BuildError: no toolchain, no network for the first build, or the compiler's own words.
    """
    home = cache_dir() / "localcluster" / f"{program.name}-{kubernetes_version()}-{_module_digest(program)}"
    return make_once(home, lambda built: _compile(find_go(say), program, built, say)) / "bin"


def kubernetes_version() -> str:
    """The version that go.mod asks for, such as `v1.35.4`."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v[\d.]+)$", (_MODULE / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise BuildError(f"{_MODULE / 'go.mod'} does not require k8s.io/kubernetes")
    return match.group(1)


def _module_digest(program: Program) -> str:
    digest = sha256()
    for file in (*sorted((_MODULE / program.package).glob("*.go")), _MODULE / "go.mod", _MODULE / "go.sum"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _compile(go: Path, program: Program, home: Path, say: Callable[[str], None]) -> None:
    """Compile into `home` and link every component's name to the binary in `home/bin`."""
    say(f"building {program.name} of Kubernetes {kubernetes_version()}: once per version, {program.takes}")
    package = f"./{program.package}"
    to_compile = run_go(go, ["list", "-deps", "-f", _STALE_PACKAGES, *_flags(), package], _report_downloads(say))
    packages = len(to_compile.split())
    home.mkdir()
    run_go(go, ["build", "-v", "-o", str(home / program.name), *_flags(), package], _report_packages(packages, say))
    bin_dir = home / "bin"
    bin_dir.mkdir()
    for name in program.components:
        (bin_dir / name).symlink_to(f"../{program.name}")
    say(f"built {home.name}")


def _flags() -> list[str]:
    """The same flags for listing and building: they are part of the compiler cache's key."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}  # clients compare versions and parse this
    settings = " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in stamps.items())
    return ["-trimpath", "-ldflags", f"-s -w {settings}"]


def run_go(go: Path, arguments: list[str], report: Callable[[str], None], module: Path = _MODULE) -> str:
    """Run `go` in a module, show each line of its standard error to `report`, and hand back its standard output."""
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
        "GOTOOLCHAIN": "local",  # the toolchain was chosen already; go must not download another
        "GOWORK": "off",
    }
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            [go, *arguments], cwd=module, env=environment, stdout=output, stderr=subprocess.PIPE, text=True
        )
        lines = []
        with process:
            for line in process.stderr or ():
                lines.append(line.rstrip())
                report(lines[-1])
        if process.returncode != 0:
            said = [line for line in lines if _PACKAGE.fullmatch(line) is None]  # -v names each package on a line
            last_words = "\n".join(said[-20:])
            raise BuildError(f"go {arguments[0]} ended with code {process.returncode}:\n{last_words}")
        output.seek(0)
        return output.read()


def compile_program(program: Path, package: str, module: Path, say: Callable[[str], None], *, tags: str = "") -> None:
    """Compile a package that a module pins into one small program.

    Raises:
        BuildError: no toolchain, no network for the first build, or the compiler's own words.
    """
    options = ["-tags", tags, "-trimpath", "-ldflags", "-s -w", "-o", str(program)]
    run_go(find_go(say), ["build", *options, package], say_nothing, module)


def _report_downloads(say: Callable[[str], None]) -> Callable[[str], None]:
    return _report_count(lambda count: f"downloading modules: {count}", say)


def _report_packages(total: int, say: Callable[[str], None]) -> Callable[[str], None]:
    return _report_count(lambda count: f"compiled {min(count, total)} of {total} packages", say)


def _report_count(describe: Callable[[int], str], say: Callable[[str], None]) -> Callable[[str], None]:
    """A receiver of lines that says how many came, every few seconds."""
    started = reported = time.monotonic()
    count = 0

    def receive(_line: str) -> None:
        nonlocal count, reported
        count += 1
        now = time.monotonic()
        if now - reported >= _REPORT_EVERY:
            reported = now
            say(f"{describe(count)} ({now - started:.0f} s)")

    return receive
