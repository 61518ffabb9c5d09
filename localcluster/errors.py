"""The errors of the local cluster.

ClusterError                something about the cluster failed; the message says what to do
├── BuildError              the control plane could not be compiled
├── ClusterLockedError      another process runs a cluster on the same state folder
└── ComponentError          a component died or was not ready in time; carries the end of its log
"""


class ClusterError(RuntimeError):
    """The local cluster cannot do what was asked."""


class BuildError(ClusterError):
    """The control plane could not be compiled."""


class ClusterLockedError(ClusterError):
    """Another process runs a cluster on this state folder."""


class ComponentError(ClusterError):
    """A component died or was not ready in time."""
