"""Make mount paths work without a mount namespace: say the real place wherever a pod says the mount path. Pure.

A process on this node sees the machine's own files, so a volume "mounted" at /telemetry is really a folder elsewhere.
Command, arguments, working folder and environment values are rewritten before the process starts: `/telemetry`,
`/telemetry/x.parquet` and `file:///telemetry/x.parquet` (in JSON, too) come to name the real folder, while
`/telemetry-2`, `/data/telemetry` and `s3://bucket/telemetry` stay. A program that has a mount path built in, or
reads it from a file, is not helped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Before a path: no character that would make it the rest of a longer path or word, save the empty host of file://.
_BEFORE = r"(?:(?<![\w.~)}/\-])|(?<=[a-z]://))"
_AFTER = r"(?![\w.\-])"


@dataclass(frozen=True)
class Mounts:
    """Mount path → real path, for one container."""

    places: Mapping[str, Path]

    def rewrite(self, text: str) -> str:
        """`text` with every mount path that stands in it on path boundaries replaced by the real one."""
        moved = {mount.rstrip("/"): str(real) for mount, real in self.places.items() if Path(mount) != real}
        if not moved:
            return text
        longest_first = sorted(moved, key=len, reverse=True)
        anywhere = "|".join(map(re.escape, longest_first))
        return re.sub(f"{_BEFORE}({anywhere}){_AFTER}", lambda match: moved[match[1]], text)
