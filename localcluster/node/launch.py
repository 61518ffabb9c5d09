"""Everything that is fixed before a container's process starts: arguments, environment, working folder. Pure."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcluster.node.environment import NodeFacts, Sources, container_environment, expand
from localcluster.node.images import Image
from localcluster.node.mounts import Mounts
from localcluster.node.projection import KUBECONFIG_NAME, SERVICE_ACCOUNT_MOUNT

Object = dict[str, Any]

_SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


@dataclass(frozen=True)
class Launch:
    """One process to start."""

    command: list[str]
    environment: dict[str, str]
    working_dir: Path
    termination_log: Path


def plan_launch(
    container: Object,
    pod: Object,
    image: Image,
    mounts: Mounts,
    sources: Sources,
    node: NodeFacts,
    home: Path,
) -> Launch:
    """What to start for `container`.

    The environment is built anew, never the agent's own: defaults, then the image's, then the pod's. Mount paths are
    rewritten in what the pod says, not in what image and node say.

    Args:
        container: its spec.
        pod: the pod, for field references.
        image: what its image name stands for.
        mounts: its mount paths, the termination message's among them.
        sources: the ConfigMaps and Secrets that its environment refers to.
        node: what only the node knows.
        home: the pod's own folder.

    Raises:
        ConfigurationError: a reference cannot be resolved.
    """
    termination_log = mounts.places[container.get("terminationMessagePath", "/dev/termination-log")]
    defaults = {
        "PATH": os.pathsep.join((*image.path_prefix, *_SYSTEM_PATH)),
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "HOSTNAME": pod["metadata"]["name"],
        "TERMINATION_MESSAGE_PATH": str(termination_log),
        **node.variables,
    }
    token_folder = mounts.places.get(SERVICE_ACCOUNT_MOUNT)
    if token_folder is not None:
        defaults["KUBECONFIG"] = str(token_folder / KUBECONFIG_NAME)
    asked_for = container_environment(container, pod, sources, node)
    variables = {**node.variables, **asked_for}
    command = [expand(word, variables) for word in container.get("command", [])]
    args = [expand(word, variables) for word in container.get("args", [])]
    own = {name: mounts.rewrite(value) for name, value in asked_for.items()}
    working_dir = mounts.rewrite(container.get("workingDir", "")) or image.working_dir or str(home)
    return Launch(
        command=image.command_line([*map(mounts.rewrite, command)], [*map(mounts.rewrite, args)]),
        environment={**defaults, **image.environment, **own},
        working_dir=Path(working_dir),
        termination_log=termination_log,
    )
