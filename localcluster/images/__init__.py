"""This project's images, built from the Dockerfile by buildah: `make images`, and what a full node runs.

They are kept in the user's cache, apart from other images on this machine. Linux and root are needed; where Docker is,
`docker build --target …` builds the same from the same file.
"""

from localcluster.images.building import IMAGES, build_images, image_names, image_store

__all__ = ["IMAGES", "build_images", "image_names", "image_store"]
