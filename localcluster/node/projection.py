"""Write volumes that are made of API objects: configMap, secret, downwardAPI, projected (service-account tokens, too).

They are written when the pod starts and not renewed. So that a token outlives every demo, it is asked for with a life
of at least a day. Beside a service-account token a kubeconfig is written: client libraries look for tokens under a
fixed path, where no process on this node can find its own.
"""

from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

import yaml

from localcluster.node.api import Api, ApiError
from localcluster.node.environment import ConfigurationError, NodeFacts, data_of, field_value

Object = dict[str, Any]

SERVICE_ACCOUNT_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
KUBECONFIG_NAME = ".kubeconfig"
_TOKEN_SECONDS = 86_400
_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets"}
_DEFAULT_MODE = 0o644


class ServesPods(Protocol):
    """What preparing a pod needs of its node."""

    @property
    def api(self) -> Api:
        """The API server."""

    @property
    def facts(self) -> NodeFacts:
        """What only the node knows."""


async def fetch_source(api: Api, namespace: str, kind: str, name: str) -> Object | None:
    """The ConfigMap or Secret, None where there is none."""
    try:
        found = await api.get(f"/api/v1/namespaces/{namespace}/{_PLURALS[kind]}/{name}")
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return found | {"kind": kind}


async def write_projection(node: ServesPods, pod: Object, volume: Object, folder: Path) -> None:
    """Write one volume into the existing `folder`.

    Raises:
        ConfigurationError: a source that is not optional is missing.
    """
    kind = next(key for key in volume if key != "name")
    definition = volume[kind]
    sources = definition.get("sources", []) if kind == "projected" else [{kind: definition}]
    default_mode = definition.get("defaultMode", _DEFAULT_MODE)
    for source in sources:
        for path, (content, mode) in (await _files_of(node, pod, source)).items():
            _write(folder, path, content, default_mode if mode is None else mode)
    for source in sources:
        if "serviceAccountToken" in source:
            _write_kubeconfig(folder, node.api.server, source["serviceAccountToken"]["path"])


async def _files_of(node: ServesPods, pod: Object, source: Object) -> dict[str, tuple[bytes, int | None]]:
    """Path in the volume → content and mode."""
    kind = next(iter(source))
    definition = source[kind]
    if kind == "serviceAccountToken":
        return {definition["path"]: (await _token(node.api, pod, definition), None)}
    if kind == "downwardAPI":
        return {item["path"]: (_field(item, pod, node).encode(), item.get("mode")) for item in definition["items"]}
    if kind in {"configMap", "secret"}:
        return await _data_files(node.api, pod, kind, definition)
    raise ConfigurationError(f"projected source {kind} is not supported by this node")


async def _data_files(api: Api, pod: Object, kind: str, definition: Object) -> dict[str, tuple[bytes, int | None]]:
    name = definition.get("name") or definition["secretName"]
    found = await fetch_source(api, pod["metadata"]["namespace"], "Secret" if kind == "secret" else "ConfigMap", name)
    if found is None:
        if definition.get("optional"):
            return {}
        raise ConfigurationError(f'{kind.lower()} "{name}" not found')
    data = data_of(found)
    if not definition.get("items"):
        return {key: (content, None) for key, content in data.items()}
    files = {}
    for item in definition["items"]:
        if item["key"] in data:
            files[item["path"]] = (data[item["key"]], item.get("mode"))
        elif not definition.get("optional"):
            raise ConfigurationError(f'{kind.lower()} "{name}" has no key {item["key"]}')
    return files


async def _token(api: Api, pod: Object, definition: Object) -> bytes:
    metadata = pod["metadata"]
    account = pod["spec"].get("serviceAccountName", "default")
    spec: Object = {
        "expirationSeconds": max(definition.get("expirationSeconds", 0), _TOKEN_SECONDS),
        "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]},
    }
    if "audience" in definition:
        spec["audiences"] = [definition["audience"]]
    path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token"
    answer = await api.create(path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
    token: str = answer["status"]["token"]
    return token.encode()


def _field(item: Object, pod: Object, node: ServesPods) -> str:
    if "fieldRef" not in item:
        raise ConfigurationError(f"downwardAPI {item['path']}: only fieldRef is supported by this node")
    return field_value(item["fieldRef"]["fieldPath"], pod, node.facts)


def _write_kubeconfig(folder: Path, server: str, token_path: str) -> None:
    cluster = {"server": server, "certificate-authority": str(folder / "ca.crt")}
    namespace = folder / "namespace"
    context = {"cluster": "pod", "user": "pod"}
    if namespace.exists():
        context["namespace"] = namespace.read_text()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "pod",
        "clusters": [{"name": "pod", "cluster": cluster}],
        "users": [{"name": "pod", "user": {"tokenFile": str(folder / token_path)}}],
        "contexts": [{"name": "pod", "context": context}],
    }
    _write(folder, KUBECONFIG_NAME, yaml.safe_dump(config).encode(), 0o600)


def _write(folder: Path, path: str, content: bytes, mode: int) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(content)
    file.chmod(mode)
