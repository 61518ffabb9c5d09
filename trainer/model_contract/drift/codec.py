"""Arrays and a JSON header as one file: the same content always gives the same bytes, and a reader need not trust them.

`profile.py` is the only caller. The layout depends on no library's habits, because a profile is read for as long as its
model version lives, by other releases than the one that wrote it:

    magic (8 bytes) | header length (4 bytes) | header (JSON, UTF-8) | arrays | sha256 of all before (32 bytes)

Integers are little-endian. The header's `arrays` lists name, type and shape of the arrays, which follow each other in
that order, C-contiguous, without padding. Nothing is unpickled or decompressed, and no stated size is believed.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.errors import ProfileFormatError

MAGIC: Final = b"SMDRIFT\n"
LARGEST_FILE: Final = 64 * 1024 * 1024  # bytes; about 7,000 channels
_LENGTH: Final = 4  # bytes of the header's length
_CHECKSUM: Final = hashlib.sha256().digest_size

ArraySpecs = Mapping[str, tuple[str, tuple[int, ...]]]  # name: type, shape


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], specs: ArraySpecs) -> bytes:
    """The file for a header and the arrays of `specs`, in that order."""
    described = {**header, "arrays": _described(specs)}
    text = json.dumps(described, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    contents = [np.ascontiguousarray(arrays[name], dtype=dtype).tobytes() for name, (dtype, _) in specs.items()]
    body = b"".join([MAGIC, len(text).to_bytes(_LENGTH, "little"), text, *contents])
    return body + hashlib.sha256(body).digest()


def unpack_header(data: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header, and the bytes of all arrays.

    Raises:
        ProfileFormatError: it is no such file, or was altered.
    """
    if len(data) > LARGEST_FILE:
        raise ProfileFormatError(f"drift profile: {len(data)} bytes, at most {LARGEST_FILE} are read")
    if not data.startswith(MAGIC):
        raise ProfileFormatError("drift profile: the file does not begin like one")
    body, checksum = memoryview(data)[:-_CHECKSUM], data[-_CHECKSUM:]
    if hashlib.sha256(body).digest() != checksum:
        raise ProfileFormatError("drift profile: the checksum does not fit, the file was altered or cut")
    begin = len(MAGIC) + _LENGTH
    end = begin + int.from_bytes(body[len(MAGIC) : begin], "little")
    try:
        header = json.loads(bytes(body[begin:end]))
    except (ValueError, RecursionError) as error:
        raise ProfileFormatError(f"drift profile: the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ProfileFormatError("drift profile: the header is not a JSON object")
    return header, body[end:]


def unpack_arrays(header: Mapping[str, Any], content: memoryview, specs: ArraySpecs) -> dict[str, NDArray[Any]]:
    """The arrays, each with exactly the expected type and shape.

    Raises:
        ProfileFormatError: other arrays are stored than expected.
    """
    if header.get("arrays") != _described(specs):
        raise ProfileFormatError("drift profile: other arrays are stored than the header's channels and rows need")
    sizes = {name: np.dtype(dtype).itemsize * math.prod(shape) for name, (dtype, shape) in specs.items()}
    if len(content) != sum(sizes.values()):
        raise ProfileFormatError(f"drift profile: {len(content)} bytes of arrays, expected {sum(sizes.values())}")
    arrays, position = {}, 0
    for name, (dtype, shape) in specs.items():
        arrays[name] = np.frombuffer(content[position : position + sizes[name]], dtype=dtype).reshape(shape).copy()
        position += sizes[name]
    return arrays


def _described(specs: ArraySpecs) -> list[list[Any]]:
    return [[name, dtype, list(shape)] for name, (dtype, shape) in specs.items()]
