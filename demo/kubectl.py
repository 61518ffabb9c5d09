"""kubectl with a kubeconfig of the demo's own, whose default namespace is the demo's."""

import os
import subprocess
from pathlib import Path


class KubectlError(RuntimeError):
    """kubectl failed; the message holds what it said."""


class Kubectl:
    """kubectl of one cluster and one namespace.

    Attributes:
        program: kubectl itself.
        kubeconfig: written by this object; exploring by hand works with it, too.
        environment: what any program needs to reach the same cluster and namespace.
    """

    def __init__(self, program: Path, source: Path | None, kubeconfig: Path, namespace: str) -> None:
        """Copy the current context of `source` (None: of the user's own kubeconfig) to `kubeconfig`."""
        self.program = program
        self.kubeconfig = kubeconfig
        self.environment = dict(os.environ) if source is None else os.environ | {"KUBECONFIG": str(source)}
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(self("config", "view", "--raw", "--minify", "--flatten"), encoding="utf-8")
        self.environment["KUBECONFIG"] = str(kubeconfig)
        self("config", "set-context", "--current", f"--namespace={namespace}")

    def __call__(self, *arguments: str, stdin: str = "", timeout: float = 60.0) -> str:
        """What kubectl prints.

        Raises:
            KubectlError: it failed.
        """
        answer = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if answer.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer.stdout
