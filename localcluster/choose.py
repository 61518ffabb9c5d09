"""Which cluster a command works on: the embedded one, unless the user says otherwise in so many words.

A kubeconfig may point to a production cluster; nothing here touches it by surprise.
"""

from collections.abc import Mapping
from enum import StrEnum

from localcluster.errors import ClusterError

VARIABLE = "CLUSTER"


class ClusterChoice(StrEnum):
    """Where commands go."""

    EMBEDDED = "embedded"
    """The control plane of this package, started for the occasion."""

    CURRENT = "current"
    """The cluster of the current kubeconfig context, used as it is."""


def choose_cluster(environment: Mapping[str, str]) -> ClusterChoice:
    """The cluster that the variable `CLUSTER` asks for; embedded where it is not set.

    Raises:
        ClusterError: the variable holds anything but `embedded` or `current`.
    """
    wanted = environment.get(VARIABLE) or ClusterChoice.EMBEDDED
    try:
        return ClusterChoice(wanted)
    except ValueError:
        raise ClusterError(
            f"{VARIABLE}={wanted}: not understood. Leave it unset for the embedded cluster, or set"
            f" {VARIABLE}=current to use the current context of your kubeconfig."
        ) from None
