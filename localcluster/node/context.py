"""What every pod on a node shares; made by the agent, read by pod workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcluster.node.api import Api
from localcluster.node.environment import NodeFacts
from localcluster.node.events import EventWriter
from localcluster.node.images import Image


@dataclass(frozen=True)
class NodeContext:
    """One node, seen from a pod."""

    api: Api
    events: EventWriter
    facts: NodeFacts
    images: Mapping[str, Image]
    pods_dir: Path
    ip: str
    restart_backoff: float
    """Seconds."""
