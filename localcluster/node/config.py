"""What a node agent is told when it starts: a JSON file, written by nodes.py, read by `python -m localcluster.node`."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from localcluster.node.images import Image

NODE_IP = "127.0.0.1"
STORAGE_CLASS = "process-local"


class AgentConfig(BaseModel):
    """One node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kubeconfig: Path
    """Of the user `system:node:NAME` in the group `system:nodes`."""
    ca: Path
    serving_certificate: Path
    serving_key: Path
    state_dir: Path
    """Folders of pods."""
    volumes_dir: Path
    """Folders of claims; shared by all nodes of a cluster, which are all this machine."""
    images: Mapping[str, Image]
    restart_backoff: float = 10.0
    """Seconds before the second restart of a container; doubles from there."""
    capacity: Mapping[str, str]
    """What the scheduler may hand out: cpu, memory, pods."""
