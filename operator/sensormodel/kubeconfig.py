"""From a kubeconfig to a configured client: the user's own credentials, exec plugins and OIDC included.

Called by `connection.py`. Loading is the `kubernetes` package's; here its exceptions become sentences.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from sensormodel.errors import NoAnswer

_DEFAULT_FILE = Path("~/.kube/config")
_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Access(NamedTuple):
    """A configured client, and the namespace that a command without `-n` means."""

    client: client.ApiClient
    namespace: str


def load_access(kubeconfig: Path | None, context: str | None) -> Access:
    """Load what kubectl would: `--kubeconfig`, else KUBECONFIG, else ~/.kube/config, else the pod's service account.

    Raises:
        NoAnswer: none of them names a cluster, or the context is unknown.
    """
    files = _files(kubeconfig)
    if not files:
        return _service_account()
    joined = os.pathsep.join(map(str, files))
    configuration = client.Configuration()
    configuration.retries = False
    try:
        chosen = _choose(files, context)
        config.load_kube_config(config_file=joined, context=chosen["name"], client_configuration=configuration)
    except (ConfigException, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        words = " ".join(str(error).split())
        raise NoAnswer(f"kubeconfig {joined} cannot be used: {words}", "Check it with: kubectl config view") from error
    return Access(client.ApiClient(configuration), chosen["context"].get("namespace") or "default")


def _choose(files: list[Path], wanted: str | None) -> dict[str, Any]:
    """The context that is wanted, or the current one."""
    parsed = [yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in files]
    contexts = {each["name"]: each for config_file in parsed for each in config_file.get("contexts") or ()}
    current = next((name for config_file in parsed if (name := config_file.get("current-context"))), None)
    name = wanted or current
    if name in contexts:
        return dict(contexts[name])
    known = f"It has: {', '.join(sorted(contexts))}" if contexts else "It has none. Is it the right file?"
    if name is None:
        raise NoAnswer("the kubeconfig has no current context: name one with --context", known)
    raise NoAnswer(f"the kubeconfig has no context {name!r}", known)


def _files(kubeconfig: Path | None) -> list[Path]:
    """The files that exist; one that was asked for by name must exist."""
    if kubeconfig is not None:
        if not kubeconfig.is_file():
            raise NoAnswer(f"there is no kubeconfig {kubeconfig}")
        return [kubeconfig]
    named = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    candidates = named or [_DEFAULT_FILE.expanduser()]
    return [path for path in candidates if path.is_file()]


def _service_account() -> Access:
    configuration = client.Configuration()
    configuration.retries = False
    try:
        config.load_incluster_config(client_configuration=configuration)
    except ConfigException as error:
        where = os.environ.get("KUBECONFIG") or _DEFAULT_FILE
        raise NoAnswer(
            f"no kubeconfig: there is no file {where}, and this is no pod",
            "Name one with --kubeconfig or KUBECONFIG.",
        ) from error
    return Access(client.ApiClient(configuration), _POD_NAMESPACE.read_text(encoding="utf-8").strip())
