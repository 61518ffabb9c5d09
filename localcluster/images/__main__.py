"""`python -m localcluster.images` (`make images`): build the images, and say how large they are and where to find them.

Exit status: 0 when they are built, 1 when a build failed, 3 when this machine cannot build them.
"""

import os
import sys

from localcluster.errors import ClusterError
from localcluster.fullnode.packages import ensure_packages
from localcluster.images.building import build_images, image_store

_NOT_HERE = 3


def main() -> int:
    """Build them; returns the exit status."""
    if sys.platform != "linux" or os.geteuid() != 0:
        print("images: not built because buildah needs Linux and root here; docker build --target … does the same")
        return _NOT_HERE
    try:
        ensure_packages(_say)
        names = build_images(_say)
    except ClusterError as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    _say(
        f"to push one: buildah --root {image_store().folder / 'storage'} push {names['operator']} docker://REGISTRY/NAME"
    )
    return 0


def _say(message: str) -> None:
    print(f"images: {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
