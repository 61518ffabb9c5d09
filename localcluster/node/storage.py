"""Provide claims of the storage class `process-local`: a folder on this machine for each.

Several nodes of one cluster may run this at once: they share the machine and the name of the volume, so that the second
creation is a conflict and changes nothing. A released volume is removed with its folder, as its reclaim policy says.
"""

import asyncio
import shutil
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from localcluster.node.api import Api, ApiError
from localcluster.node.collection import follow
from localcluster.node.config import STORAGE_CLASS

Object = dict[str, Any]

_PROVISIONER = "sensormodel.io/process-local"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


class Storage:
    """Makes volumes for claims, and removes them again."""

    def __init__(self, api: Api, volumes_dir: Path) -> None:
        self._api = api
        self._volumes_dir = volumes_dir

    async def run(self) -> None:
        """Follow claims and volumes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(self._api, "/api/v1/persistentvolumeclaims", self._serve_claim))
            group.create_task(follow(self._api, "/api/v1/persistentvolumes", self._remove_released))

    async def _serve_claim(self, claim: Object) -> None:
        spec = claim["spec"]
        if spec.get("storageClassName") != STORAGE_CLASS or "volumeName" in spec:
            return
        with suppress_status(HTTPStatus.CONFLICT):
            await self._api.create("/api/v1/persistentvolumes", volume_for(claim, self._volumes_dir))

    async def _remove_released(self, volume: Object) -> None:
        metadata = volume["metadata"]
        if metadata.get("annotations", {}).get(_PROVISIONED_BY) != _PROVISIONER:
            return
        if volume["status"].get("phase") == "Released":
            with suppress(FileNotFoundError):
                await asyncio.to_thread(shutil.rmtree, volume["spec"]["hostPath"]["path"])
            with suppress_status(HTTPStatus.NOT_FOUND):
                await self._api.delete(f"/api/v1/persistentvolumes/{metadata['name']}", {})


class suppress_status:  # noqa: N801 - reads as the statement it is
    """Ignore an ApiError of one status."""

    def __init__(self, status: HTTPStatus) -> None:
        self._status = status

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        return isinstance(error, ApiError) and error.status == self._status


def volume_for(claim: Object, volumes_dir: Path) -> Object:
    """The PersistentVolume of a claim; its name follows from the claim's uid."""
    metadata = claim["metadata"]
    folder = volumes_dir / metadata["namespace"] / f"{metadata['name']}-{metadata['uid'][:8]}"
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    reference |= {key: metadata[key] for key in ("namespace", "name", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{metadata['uid']}", "annotations": {_PROVISIONED_BY: _PROVISIONER}},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": reference,
            "hostPath": {"path": str(folder), "type": "DirectoryOrCreate"},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": STORAGE_CLASS,
        },
    }
