"""What the programs of a full node are told: pure texts from paths and names."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from localcluster.certificates import KeyPair
from localcluster.fullnode.surroundings import NODE_ADDRESS

POD_NETWORK: Final = "10.244.0.0/24"
CONTAINERD_SOCKET: Final = "/run/containerd/containerd.sock"
PAUSE_IMAGE: Final = "localhost/pause:local"


@dataclass(frozen=True)
class NodeFiles:
    """What the kubelet reads."""

    ca: Path
    serving: KeyPair
    resolv_conf: Path


def containerd_config(root: Path, network_folder: Path, plugins: Path) -> str:
    """The configuration of containerd, as TOML: its images and snapshots lie in `root`."""
    return f"""\
version = 2
root = "{root}"
state = "/run/containerd"
[grpc]
address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true # root without CAP_SYS_RESOURCE may not lower it
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{network_folder}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""


def network_config() -> str:
    """The pod network: a point-to-point link for each pod, so that what pods say to each other passes the node."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": POD_NETWORK}]], "routes": [{"dst": "0.0.0.0/0"}]}
    plugin = {"type": "ptp", "ipMasq": False, "ipam": addresses}
    return json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [plugin]})


def kubelet_config(files: NodeFiles, control_group: str) -> str:
    """The KubeletConfiguration, as JSON."""
    config: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(files.ca)}},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{control_group}",
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        # How full the machine's disk is, is not this node's concern.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "failCgroupV1": False,
        "failSwapOn": False,
        "featureGates": {"KubeletInUserNamespace": True},  # go on where the kernel's settings cannot be changed
        "healthzPort": 0,
        "localStorageCapacityIsolation": False,
        "resolvConf": str(files.resolv_conf),
        "tlsCertFile": str(files.serving.certificate),
        "tlsPrivateKeyFile": str(files.serving.key),
    }
    return json.dumps(config, indent=1)


def kubelet_arguments(config: Path, kubeconfig: Path, node: str) -> list[str]:
    """The kubelet's command line."""
    return [
        f"--config={config}",
        f"--kubeconfig={kubeconfig}",
        f"--hostname-override={node}",
        f"--node-ip={NODE_ADDRESS}",
    ]


def kube_proxy_config(kubeconfig: Path, node: str) -> str:
    """The KubeProxyConfiguration, as JSON: Services by nftables; the limits of connection tracking stay as they are."""
    config = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "hostnameOverride": node,
        "clusterCIDR": POD_NETWORK,
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "metricsBindAddress": "",
        "healthzBindAddress": "",
    }
    return json.dumps(config, indent=1)
