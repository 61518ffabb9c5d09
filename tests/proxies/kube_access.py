"""How a proxy speaks to the API server as an administrator, and its clients to the proxy without credentials."""

import base64
import ssl
from pathlib import Path

import yaml


def admin_of(kubeconfig: Path, folder: Path) -> tuple[str, ssl.SSLContext]:
    """The API server's URL, and a TLS context with the credentials of the kubeconfig, which are left in the folder."""
    config = yaml.safe_load(kubeconfig.read_text())
    server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    files = {}
    for name, data in (("crt", user["client-certificate-data"]), ("key", user["client-key-data"])):
        files[name] = folder / name
        files[name].write_bytes(base64.b64decode(data))
    tls = ssl.create_default_context(cadata=base64.b64decode(server["certificate-authority-data"]).decode())
    tls.load_cert_chain(files["crt"], files["key"])
    return server["server"], tls


def plain_kubeconfig(url: str, path: Path) -> Path:
    """A kubeconfig that goes through the proxy, which adds the credentials."""
    names = {"cluster": "proxy", "user": "proxy", "namespace": "default"}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
        "clusters": [{"name": "proxy", "cluster": {"server": url}}], "users": [{"name": "proxy", "user": {}}],
        "contexts": [{"name": "proxy", "context": names}],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(config))
    return path
