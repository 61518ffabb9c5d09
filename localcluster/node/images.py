"""What an image name means on this node: a program that is installed on this machine already.

No image is ever pulled. The node is started with a table from image names to `Image`s; a name that the table lacks is
reported as an image that cannot be pulled, together with the names that would work.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Image(BaseModel):
    """The stand-in for a container image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...] = ()
    """What an image calls its entrypoint; used where the pod names no command."""
    arguments: tuple[str, ...] = ()
    """What an image calls its cmd; used where the pod names neither command nor args."""
    path_prefix: tuple[str, ...] = ()
    """Folders in front of PATH, such as the `bin` of a virtual environment."""
    environment: Mapping[str, str] = {}
    """Variables that a pod may override."""
    working_dir: str | None = None
    """Where its processes start; None for the pod's own folder."""

    @classmethod
    def of_this_python(cls, *command: str, import_from: Sequence[Path] = ()) -> "Image":
        """The environment of the running interpreter: `Image.of_this_python("python", "-m", "model_trainer")`.

        Args:
            command: the entrypoint; its first word is looked up in the interpreter's folder first.
            import_from: folders for PYTHONPATH, for packages that are not installed.
        """
        environment = {"PYTHONPATH": os.pathsep.join(map(str, import_from))} if import_from else {}
        return cls(command=command, path_prefix=(str(Path(sys.executable).parent),), environment=environment)

    def command_line(self, command: Sequence[str], args: Sequence[str]) -> list[str]:
        """The arguments to run, after the API's rules for `command` and `args` of a container."""
        if command:
            return [*command, *args]
        return [*self.command, *(args or self.arguments)]
