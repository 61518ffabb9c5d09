"""Arrays and a JSON header as one file that is the same for the same content, and that a reader need not trust.

The file is an ordinary `.npz` (a zip archive of arrays) with three restrictions: entries are stored uncompressed, their
time stamps are fixed, and nothing is left to the writer's choice. So equal content gives equal bytes. Nothing is
unpickled, nothing decompressed, and no size is believed before it is compared with the file's own.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.errors import ProfileFormatError

HEADER: Final = "header.json"
LARGEST_FILE: Final = 256 * 1024 * 1024  # bytes; about 28,000 channels
LARGEST_HEADER: Final = 16 * 1024 * 1024  # bytes
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can state

Shape = tuple[int, ...]


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The file for a header and named arrays, in the given order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        archive.writestr(_entry(HEADER), text.encode())
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(_entry(f"{name}.npy"), content.getvalue())
    return buffer.getvalue()


def read_header(data: bytes) -> dict[str, Any]:
    """The header alone, a JSON object.

    Raises:
        ProfileFormatError: it is no such file.
    """
    if len(data) > LARGEST_FILE:
        raise ProfileFormatError(f"drift profile: {len(data)} bytes, at most {LARGEST_FILE} are read")
    return _json_object(_contents(data, (HEADER,), LARGEST_HEADER)[HEADER])


def read_arrays(data: bytes, expected: Mapping[str, tuple[str, Shape]]) -> dict[str, NDArray[Any]]:
    """The arrays, each with exactly the expected type and shape; read-only views into `data` where possible.

    Raises:
        ProfileFormatError: one is missing, or is not of the expected type and shape.
    """
    contents = _contents(data, tuple(f"{name}.npy" for name in expected), LARGEST_FILE)
    return {name: _array(name, contents[f"{name}.npy"], *spec) for name, spec in expected.items()}


def _json_object(text: bytes) -> dict[str, Any]:
    """A JSON object from bytes; anything else is refused."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProfileFormatError(f"drift profile: {HEADER} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ProfileFormatError(f"drift profile: {HEADER} is not a JSON object")
    return value


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix: otherwise the writer's own system is recorded
    entry.external_attr = 0o644 << 16
    return entry


def _contents(data: bytes, names: tuple[str, ...], largest: int) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [archive.getinfo(name) for name in names]
            for entry in entries:
                if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > min(largest, len(data)):
                    raise ProfileFormatError(f"drift profile: {entry.filename} is compressed or too large")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise (
            error if isinstance(error, ProfileFormatError) else ProfileFormatError(f"drift profile: {error}")
        ) from error


def _array(name: str, content: bytes, dtype: str, shape: Shape) -> NDArray[Any]:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ProfileFormatError(f"drift profile: {name} has npy version {version}, expected (1, 0)")
        found_shape, fortran_order, found_dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, SyntaxError, TypeError, EOFError) as error:
        raise (
            error if isinstance(error, ProfileFormatError) else ProfileFormatError(f"drift profile: {name}: {error}")
        ) from error
    if (found_dtype, found_shape, fortran_order) != (np.dtype(dtype), shape, False):
        raise ProfileFormatError(
            f"drift profile: {name} is {found_dtype} {found_shape}, expected {np.dtype(dtype)} {shape}"
        )
    payload = content[stream.tell() :]
    if len(payload) != np.dtype(dtype).itemsize * int(np.prod(shape)):
        raise ProfileFormatError(f"drift profile: {name} holds {len(payload)} bytes, too few or too many for {shape}")
    return np.frombuffer(payload, dtype=dtype).reshape(shape)
