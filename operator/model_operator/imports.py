"""Keep libraries out of the process that others import only because they are installed.

Used by `outside`, which is the only module that imports what is measured in hundreds of MiB.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_importable(*names: str) -> Iterator[None]:
    """Inside, importing one of these top-level modules fails as if it were not installed; loaded ones stay loaded."""
    refused = [name for name in names if name not in sys.modules]
    for name in refused:
        sys.modules[name] = None  # type: ignore[assignment]  # importlib raises ModuleNotFoundError
    try:
        yield
    finally:
        for name in refused:
            del sys.modules[name]
