"""Give every volume of a pod a real folder, and every container the map from its mount paths to real paths."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcluster.node.api import Api
from localcluster.node.environment import ConfigurationError
from localcluster.node.mounts import Mounts
from localcluster.node.projection import ServesPods, write_projection

Object = dict[str, Any]

_PROJECTED = {"configMap", "secret", "downwardAPI", "projected"}
_DEFAULT_TERMINATION_PATH = "/dev/termination-log"


async def prepare_volumes(node: ServesPods, pod: Object, folder: Path) -> dict[str, Path]:
    """Volume name → real folder (or file, for a hostPath that is one).

    Raises:
        ConfigurationError: something is missing that may still appear, or the kind of volume is not supported.
    """
    return {volume["name"]: await _prepare(node, pod, volume, folder) for volume in pod["spec"].get("volumes", [])}


def container_mounts(container: Object, volumes: Mapping[str, Path], termination_log: Path) -> Mounts:
    """The mounts of one container, its termination message file among them.

    Raises:
        ConfigurationError: a mount asks for what this node cannot do.
    """
    places = {container.get("terminationMessagePath", _DEFAULT_TERMINATION_PATH): termination_log}
    for mount in container.get("volumeMounts", []):
        if "subPathExpr" in mount:
            raise ConfigurationError(f"volumeMount {mount['name']}: subPathExpr is not supported by this node")
        if mount["mountPath"].rstrip("/") == "":
            raise ConfigurationError(f"volumeMount {mount['name']}: nothing can be mounted on / by this node")
        real = volumes[mount["name"]]
        if sub_path := mount.get("subPath"):
            real = (real / sub_path).resolve()
            if not real.is_relative_to(volumes[mount["name"]].resolve()):
                raise ConfigurationError(f"volumeMount {mount['name']}: subPath {sub_path} leaves the volume")
            if not real.exists():
                real.mkdir(parents=True)
        places[mount["mountPath"]] = real
    return Mounts(places)


async def _prepare(node: ServesPods, pod: Object, volume: Object, folder: Path) -> Path:
    own = folder / str(volume["name"])
    kind = next(key for key in volume if key != "name")
    if kind == "hostPath":
        return _host_path(volume[kind])
    if kind == "persistentVolumeClaim":
        return await _claimed(node.api, pod["metadata"]["namespace"], volume[kind]["claimName"])
    if kind == "emptyDir":
        return _folder(own)
    if kind in _PROJECTED:
        await write_projection(node, pod, volume, _folder(own))
        return own
    raise ConfigurationError(f"volume {volume['name']}: kind {kind} is not supported by this node")


def _host_path(source: Object) -> Path:
    path = Path(source["path"])
    kind = source.get("type", "")
    if kind == "DirectoryOrCreate":
        path.mkdir(parents=True, exist_ok=True)
    elif kind == "FileOrCreate":
        path.touch()
    elif (kind == "Directory" and not path.is_dir()) or (kind == "File" and not path.is_file()):
        raise ConfigurationError(f"hostPath {path} is not a {kind.lower()}")
    return path


async def _claimed(api: Api, namespace: str, name: str) -> Path:
    claim = await api.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}")
    if claim["status"].get("phase") != "Bound":
        raise ConfigurationError(f'persistentvolumeclaim "{name}" is not bound')
    volume = await api.get(f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}")
    for kind in ("hostPath", "local"):
        if kind in volume["spec"]:
            return _folder(Path(volume["spec"][kind]["path"]))
    raise ConfigurationError(f'persistentvolume "{volume["metadata"]["name"]}" is neither hostPath nor local')


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
