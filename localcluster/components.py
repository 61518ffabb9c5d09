"""The command line of each control-plane component. Pure: paths, an address and a port in, arguments out.

The API server listens on one address, loopback as a rule, with certificates of the cluster's own CA; etcd listens on a
socket in the private state folder. Nothing is switched off that a real cluster has on: RBAC, the default admission
plugins, default feature gates.
"""

from dataclasses import dataclass
from pathlib import Path

from localcluster.certificates import KeyPair

LOOPBACK = "127.0.0.1"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVER_HOSTS = (
    "127.0.0.1",
    "localhost",
    "10.96.0.1",  # the first address of the service network
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)

_ETCD = "unix://etcd.sock:0"  # relative to the working folder: a socket's path may have 108 bytes at most
_PEER = "unix://peer.sock:0"
_CLIENT_RATE = ("--kube-api-qps=500", "--kube-api-burst=1000")  # the defaults of 20 and 30 make a burst of Jobs wait


@dataclass(frozen=True)
class ControlPlaneFiles:
    """Every file that a component reads."""

    ca: KeyPair
    api_server: KeyPair
    kubelet_client: KeyPair
    """With what the API server authenticates to nodes when it fetches logs."""
    service_account: KeyPair
    controller_manager_kubeconfig: Path
    scheduler_kubeconfig: Path


def etcd_arguments(data_dir: Path) -> list[str]:
    """One member, no fsync: a power cut may lose a test cluster, and writes take microseconds."""
    return [
        f"--data-dir={data_dir}",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_PEER}",
        f"--initial-advertise-peer-urls={_PEER}",
        f"--initial-cluster=default={_PEER}",
        "--unsafe-no-fsync",
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=30m",
        "--log-level=warn",
    ]


def api_server_arguments(files: ControlPlaneFiles, address: str, port: int) -> list[str]:
    """The API server on `port` of an address."""
    # Its address behind the Service `kubernetes`, for pods; an Endpoints object cannot hold one of loopback.
    reconciler = "none" if address == LOOPBACK else "master-count"
    return [
        f"--etcd-servers={_ETCD}",
        f"--bind-address={address}",
        f"--advertise-address={address}",
        f"--secure-port={port}",
        f"--endpoint-reconciler-type={reconciler}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--profiling=false",
        f"--client-ca-file={files.ca.certificate}",
        f"--tls-cert-file={files.api_server.certificate}",
        f"--tls-private-key-file={files.api_server.key}",
        f"--kubelet-certificate-authority={files.ca.certificate}",
        f"--kubelet-client-certificate={files.kubelet_client.certificate}",
        f"--kubelet-client-key={files.kubelet_client.key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={files.service_account.certificate}",
        f"--service-account-signing-key-file={files.service_account.key}",
    ]


def controller_manager_arguments(files: ControlPlaneFiles) -> list[str]:
    """All default controllers, each under its own service account, quick to react."""
    return [
        f"--kubeconfig={files.controller_manager_kubeconfig}",
        f"--root-ca-file={files.ca.certificate}",
        f"--service-account-private-key-file={files.service_account.key}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
        "--concurrent-job-syncs=10",
        *_CLIENT_RATE,
    ]


def scheduler_arguments(files: ControlPlaneFiles) -> list[str]:
    """The default scheduler."""
    return [
        f"--kubeconfig={files.scheduler_kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
        *_CLIENT_RATE,
    ]
