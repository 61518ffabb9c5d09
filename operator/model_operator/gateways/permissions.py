"""What the operator may do in the cluster, as data.

`render.py` turns the table into `manifests/base/rbac.yaml`; a test asks a real API server what it allows.
A verb stands here only with the reason why it is needed. There is no wildcard, no Secret and no ConfigMap: the kubelet
resolves those in the namespace of the trainer's pod.
"""

from typing import Final, NamedTuple

from model_operator.api.base import GROUP


class Permission(NamedTuple):
    """Verbs on resources of one API group."""

    group: str  # "" is the core group
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()  # of the only objects that it is about; empty: all


OPERATOR: Final = (
    Permission(GROUP, ("sensormodels", "retrainingpolicies"), ("get", "list", "watch"), "read what users ask for"),
    Permission(
        GROUP,
        ("sensormodels/status", "retrainingpolicies/status"),
        ("get", "patch"),
        "write what was observed and done",
    ),
    Permission(
        GROUP,
        ("sensormodels/finalizers",),
        ("update",),
        "own Jobs with blockOwnerDeletion, where OwnerReferencesPermissionEnforcement is on; no finalizer is ever set",
    ),
    Permission("batch", ("jobs",), ("get", "list", "watch", "create"), "start trainings and follow them"),
    Permission("", ("pods",), ("get", "list", "watch"), "say why a training's pod does not run"),
    Permission("events.k8s.io", ("events",), ("get", "create", "patch"), "tell people, and count repetitions"),
    Permission("", ("namespaces",), ("get",), "tell this cluster from others by its uid", names=("kube-system",)),
)

# In the operator's own namespace.
LEADER: Final = (
    Permission("coordination.k8s.io", ("leases",), ("create",), "make the Lease that the replicas compete for"),
    Permission(
        "coordination.k8s.io",
        ("leases",),
        ("get", "patch"),
        "take, renew and release it",
        names=("sensor-model-operator",),
    ),
)

VIEWER: Final = (
    Permission(GROUP, ("sensormodels", "retrainingpolicies"), ("get", "list", "watch"), "see models and policies"),
    Permission(GROUP, ("sensormodels/status", "retrainingpolicies/status"), ("get",), "see their status"),
)

# Whoever may create a SensorModel can run an image in the namespace, as whoever may create a pod; so it goes to editors
# only, and the status, on which other controllers rely, to nobody but the operator.
EDITOR: Final = (
    Permission(
        GROUP,
        ("sensormodels", "retrainingpolicies"),
        ("create", "delete", "deletecollection", "patch", "update"),
        "write models and policies",
    ),
)
