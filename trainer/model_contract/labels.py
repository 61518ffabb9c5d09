"""The identity of known anomalies, so that both sides notice when labels have come or changed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def labels_digest(files: Iterable[Path | str], store: Any = None) -> str:
    """sha256, lower-case hexadecimal: of the bytes of one file, else of the digests of the files in the given order.

    The files are those behind a labels URI in the order of their names. Names themselves do not count: they differ
    where a link is followed, and a file under another name holds the same labels.

    Args:
        files: at least one.
        store: the pyarrow file system that they lie in; None for this machine's own.

    Raises:
        OSError: a file cannot be read.
    """
    digests = [_digest(file, store) for file in files]
    if len(digests) == 1:
        return digests[0].hex()
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _digest(file: Path | str, store: Any) -> bytes:
    with Path(file).open("rb") if store is None else store.open_input_file(str(file)) as content:
        return hashlib.file_digest(content, "sha256").digest()
