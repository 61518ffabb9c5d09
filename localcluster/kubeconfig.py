"""Write kubeconfig files: where the API server is, whom to trust, who is asking. Self-contained, so a copy works."""

import base64
import os
from pathlib import Path

import yaml

from localcluster.certificates import KeyPair

CONTEXT = "localcluster"


def write_kubeconfig(path: Path, *, server: str, ca: Path, client: KeyPair) -> Path:
    """Write the kubeconfig of one client to `path`, readable by its owner only, and return the path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": _embed(ca)}}],
        "users": [
            {
                "name": CONTEXT,
                "user": {
                    "client-certificate-data": _embed(client.certificate),
                    "client-key-data": _embed(client.key),
                },
            }
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
    }
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(config, file, sort_keys=False)
    temporary.replace(path)
    return path


def _embed(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
