"""The Node object and its lease: this node exists, is ready, and is alive."""

import asyncio
import datetime as dt
import logging
import platform
from http import HTTPStatus
from typing import Any

from localcluster.node.api import STRATEGIC_PATCH, Api, ApiError, Unavailable
from localcluster.node.config import NODE_IP, AgentConfig
from localcluster.node.status import timestamp

Object = dict[str, Any]

_LOG = logging.getLogger(__name__)
_LEASE_SECONDS = 40
_RENEW_EVERY = 10.0
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")


class Registration:
    """Registers one node and keeps it alive."""

    def __init__(self, api: Api, config: AgentConfig, log_port: int) -> None:
        self._api = api
        self._config = config
        self._log_port = log_port

    async def register(self) -> Object:
        """Create the Node, or take over the one of an earlier agent; report it ready; hand it back."""
        name = self._config.name
        labels = {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": platform.system().lower(),
            "kubernetes.io/arch": _architecture(),
            "sensormodel.io/runtime": "process",
        }
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
        try:
            await self._api.create("/api/v1/nodes", node)
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
        await self._renew_lease()
        return await self._report_ready()

    async def keep_alive(self) -> None:
        """Renew the lease and the Ready condition, until cancelled."""
        while True:
            await asyncio.sleep(_RENEW_EVERY)
            try:
                await self._renew_lease()
                await self._report_ready()
            except Unavailable as error:
                _LOG.info("node not renewed, trying again: %s", error)

    async def _report_ready(self) -> Object:
        status = node_status(self._config, self._log_port, dt.datetime.now(dt.UTC))
        return await self._api.patch(
            f"/api/v1/nodes/{self._config.name}/status", {"status": status}, STRATEGIC_PATCH
        ) | {"kind": "Node"}

    async def _renew_lease(self) -> None:
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        name = self._config.name
        now = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        spec = {"holderIdentity": name, "leaseDurationSeconds": _LEASE_SECONDS, "renewTime": now}
        try:
            await self._api.patch(f"{leases}/{name}", {"spec": spec})
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec}
            await self._api.create(leases, lease)


def node_status(config: AgentConfig, log_port: int, now: dt.datetime) -> Object:
    """The NodeStatus of a healthy node. Pure but for the facts about the machine."""
    heartbeat = {"lastHeartbeatTime": timestamp(now)}
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "AgentReady",
        "message": "the node agent runs pods as processes",
    }
    healthy = [{"type": kind, "status": "False", "reason": "NotMeasured", **heartbeat} for kind in _PRESSURES]
    return {
        "addresses": [{"type": "InternalIP", "address": NODE_IP}, {"type": "Hostname", "address": config.name}],
        "capacity": dict(config.capacity),
        "allocatable": dict(config.capacity),
        "conditions": [ready | heartbeat, *healthy],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": log_port}},
        "nodeInfo": {
            "architecture": _architecture(),
            "bootID": "",
            "containerRuntimeVersion": "process://1",
            "kernelVersion": platform.release(),
            "kubeProxyVersion": "",
            "kubeletVersion": "localcluster",
            "machineID": "",
            "operatingSystem": platform.system().lower(),
            "osImage": platform.platform(terse=True),
            "systemUUID": "",
        },
    }


def _architecture() -> str:
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)
