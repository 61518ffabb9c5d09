"""How large the images are and what is large in them, where `make images` or `make e2e` has built them."""

from dataclasses import dataclass
from typing import Final

from bench.table import Bar, Table, number
from localcluster.images import image_names, image_store

LIMITS: Final = {"operator": 800.0, "trainer": 1700.0, "mlflow": 900.0}
"""Target of the Dockerfile → megabytes that docs/container-images.md promises at most."""

_PACKAGES: Final = "opt/environment/lib/python3*/site-packages"
_LARGE: Final = 25.0  # MB; smaller parts are not shown
_MEGABYTES: Final = {"MB": 1.0, "GB": 1000.0}
_MEASURED: Final = (
    "Uncompressed, in MB of 10^6 bytes; packages with their shared libraries and compiled bytecode, those of at least"
    f" {number(_LARGE)} MB. docs/container-images.md says why each is there. Images that are not built: make images."
)


@dataclass(frozen=True)
class ImageSize:
    """An image in megabytes: all of it, and its packages."""

    whole: float
    packages: dict[str, float]


def measure_images() -> tuple[list[Table], list[Bar], dict[str, ImageSize]]:
    """What is built now; nothing is built for this."""
    store = image_store()
    sizes = {
        target: ImageSize(megabytes(store.size(name)), packages(store.parts(f"localhost/{name}", _PACKAGES)))
        for target, name in image_names().items()
        if store.has(name)
    }
    return [table(sizes)], bars(sizes), sizes


def megabytes(size: str) -> float:
    """What buildah means by `722 MB`."""
    amount, unit = size.split()
    return float(amount) * _MEGABYTES[unit]


def packages(folders: dict[str, int]) -> dict[str, float]:
    """Folders of installed packages in bytes as packages in megabytes: `numpy.libs` belongs to numpy."""
    found: dict[str, float] = {}
    for folder, size in folders.items():
        package = folder.removesuffix(".libs")
        found[package] = found.get(package, 0.0) + size / 1e6
    return found


def table(sizes: dict[str, ImageSize]) -> Table:
    """A column for each image, a row for each package that is large in one of them."""
    largest: dict[str, float] = {}
    for size in sizes.values():
        for package, amount in size.packages.items():
            largest[package] = max(amount, largest.get(package, 0.0))
    shown = sorted((name for name, amount in largest.items() if amount >= _LARGE), key=lambda name: -largest[name])
    whole = ("the whole image", *(number(sizes[target].whole) if target in sizes else "not built" for target in LIMITS))
    rows = [(name, *(_amount(sizes.get(target), name) for target in LIMITS)) for name in shown]
    return Table("Images", _MEASURED, ("", *LIMITS), (whole, *rows))


def bars(sizes: dict[str, ImageSize]) -> list[Bar]:
    """Each image as large as is promised at most."""
    return [
        Bar(f"image of {target}", sizes[target].whole if target in sizes else None, limit, " MB")
        for target, limit in LIMITS.items()
    ]


def _amount(size: ImageSize | None, package: str) -> str:
    return number(size.packages[package]) if size and package in size.packages else "-"
