"""A real Kubernetes control plane on one machine, without containers: for tests, demos and development.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real thing, compiled from Go modules; the node
is an agent that runs pods as local processes. The README beside this file says what that can and cannot do.
"""

from localcluster.choose import ClusterChoice, choose_cluster
from localcluster.cluster import Cluster
from localcluster.errors import BuildError, ClusterError, ClusterLockedError, ComponentError
from localcluster.node.images import Image
from localcluster.project_images import project_images

__all__ = [
    "BuildError",
    "Cluster",
    "ClusterChoice",
    "ClusterError",
    "ClusterLockedError",
    "ComponentError",
    "Image",
    "choose_cluster",
    "project_images",
]
