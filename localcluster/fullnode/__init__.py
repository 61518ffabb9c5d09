"""A full node: the real kubelet, kube-proxy, containerd and runc, in namespaces of its own on this machine.

What the process node beside this package cannot show is real here: images, isolation, limits, probes, Services, DNS.
Linux and root are needed. Reading order: `machine` says whether this machine can; `packages` installs what is missing;
`namespaces` starts a program in private network, process and mount namespaces and removes what is left of it; in there,
`surroundings` prepares file systems and network, and `node` runs the programs that `configuration` describes.
"""

from localcluster.fullnode.machine import why_not
from localcluster.fullnode.namespaces import run_apart
from localcluster.fullnode.node import FullNode
from localcluster.fullnode.packages import ensure_packages

__all__ = ["FullNode", "ensure_packages", "run_apart", "why_not"]
