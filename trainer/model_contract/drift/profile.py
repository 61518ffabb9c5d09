"""The drift profile: all that a later check needs to know about the reference, frozen with the model version.

The trainer builds it (`build.py`) and stores its bytes beside the model; the operator's worker reads them and checks
windows (`check.py`). The reference telemetry itself is never read again. This module holds the artifact, its file
format and the conditions that make one valid, no statistics.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Self

import numpy as np

from model_contract.drift.codec import pack, unpack_arrays, unpack_header
from model_contract.drift.errors import ProfileFormatError
from model_contract.drift.model_errors import ErrorReference
from model_contract.drift.series import Booleans, Floats, Integers, Singles
from model_contract.drift.views import AR_ORDER, KNOTS, VIEWS, structure_lags

FORMAT_VERSION: Final = 2
PSI_BINS: Final = 10  # of equal share in the reference
JS_BINS: Final = 20  # of equal width over the reference's range
MOST_CHANNELS: Final = 7_000
MODEL_ERROR_KNOTS: Final = "model_error_knots"  # name of the array in the file
LAGS: Final = "lags"  # stands for their number in a column's shape


def column(*shape: int | str, dtype: str = "<f8") -> Mapping[str, Any]:
    """Metadata of an array field: shape beside the leading channel axis, type in the file (little-endian)."""
    return {"shape": shape, "dtype": dtype}


@dataclass(frozen=True, eq=False, kw_only=True)
class DriftProfile:
    """Reference statistics of every channel of one model version; arrays have one row per channel.

    "sigma units" are those of `series.standardised`: deviations from `mean` in multiples of `sigma`.
    """

    data_digest: str  # sha256 of the reference telemetry, lower-case hexadecimal
    start: datetime  # of the reference, inclusive
    end: datetime  # of the reference, exclusive
    sampling_seconds: float
    rows: int  # n
    window_rows: int  # m: the number of rows of every window that is checked
    channels: tuple[str, ...]

    mean: Floats = field(metadata=column())
    sigma: Floats = field(metadata=column())  # population standard deviation
    minimum: Floats = field(metadata=column())
    maximum: Floats = field(metadata=column())
    missing_share: Floats = field(metadata=column())  # before short gaps are filled
    largest_missing_share: Floats = field(metadata=column())  # over the sub-windows of the reference
    distinct: Integers = field(metadata=column(dtype="<i8"))  # different readings
    longest_run: Integers = field(metadata=column(dtype="<i8"))  # most rows in a row with one and the same reading
    constant: Booleans = field(metadata=column(dtype="|b1"))  # hardly varies: judged by a band, not by the views
    judged: Booleans = field(metadata=column(dtype="|b1"))  # False: too many rows missing to calibrate this channel

    knots: Singles = field(metadata=column(KNOTS, dtype="<f4"))  # order statistics, sigma units
    structure: Floats = field(metadata=column(LAGS))  # structure function, sigma units
    ar_coefficients: Singles = field(metadata=column(AR_ORDER, dtype="<f4"))  # nearest lag first
    residual_knots: Singles = field(metadata=column(KNOTS, dtype="<f4"))  # of the one-step errors, sigma units
    residual_scale: Floats = field(metadata=column())  # usual size of the one-step errors, sigma units

    null_windows: Integers = field(metadata=column(dtype="<i8"))  # J: sub-windows of the reference that were compared
    null_mean: Floats = field(metadata=column(len(VIEWS)))  # statistic expected of the next window; NaN: view unusable
    null_sd: Floats = field(metadata=column(len(VIEWS)))  # over those sub-windows
    null_max: Floats = field(metadata=column(len(VIEWS)))
    min_detectable: Floats = field(metadata=column())  # smallest level shift with p <= .01, sigma units

    psi_edges: Floats = field(metadata=column(PSI_BINS - 1))  # inner edges, sigma units
    psi_counts: Integers = field(metadata=column(PSI_BINS, dtype="<i8"))
    js_edges: Floats = field(metadata=column(JS_BINS - 1))
    js_counts: Integers = field(metadata=column(JS_BINS, dtype="<i8"))

    model_errors: ErrorReference | None = None  # of the first channel; None: the linear predictor's errors serve

    def __post_init__(self) -> None:
        for name, (dtype, shape) in _array_specs(len(self.channels), len(self.lags)).items():
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            if array.shape != shape:
                raise ProfileFormatError(f"drift profile: {name} has shape {array.shape}, expected {shape}")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        _require_sound(self)

    @property
    def lags(self) -> tuple[int, ...]:
        """Lags of the structure function, rows."""
        return structure_lags(self.window_rows)

    def to_bytes(self) -> bytes:
        """The profile as a file; the same profile always gives the same bytes."""
        header = {
            "formatVersion": FORMAT_VERSION,
            "dataDigest": self.data_digest,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "samplingSeconds": self.sampling_seconds,
            "rows": self.rows,
            "windowRows": self.window_rows,
            "lags": list(self.lags),
            "channels": list(self.channels),
        }
        arrays = {name: getattr(self, name) for name in _array_specs(len(self.channels), len(self.lags))}
        if self.model_errors:
            header["modelErrors"] = self.model_errors.numbers()
            arrays[MODEL_ERROR_KNOTS] = self.model_errors.knots
        return pack(header, arrays, _file_specs(header, len(self.channels), len(self.lags)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The profile that `to_bytes` wrote.

        Raises:
            ProfileFormatError: malformed, altered, of another format version, or not sound.
        """
        header, content = unpack_header(data)
        if header.get("formatVersion") != FORMAT_VERSION:
            raise ProfileFormatError(
                f"drift profile: format version {header.get('formatVersion')!r}, this code reads {FORMAT_VERSION}; "
                "the next training writes one that fits"
            )
        try:
            channels = tuple(str(name) for name in header["channels"])
            window_rows = int(header["windowRows"])
            described: dict[str, Any] = {
                "data_digest": str(header["dataDigest"]),
                "start": datetime.fromisoformat(header["start"]),
                "end": datetime.fromisoformat(header["end"]),
                "sampling_seconds": float(header["samplingSeconds"]),
                "rows": int(header["rows"]),
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ProfileFormatError(f"drift profile: header: {error!r}") from error
        if len(channels) > MOST_CHANNELS:
            raise ProfileFormatError(f"drift profile: {len(channels)} channels, at most {MOST_CHANNELS} are read")
        specs = _file_specs(header, len(channels), len(structure_lags(window_rows)))
        arrays: dict[str, Any] = unpack_arrays(header, content, specs)
        if "modelErrors" in header:
            described["model_errors"] = ErrorReference.read(header["modelErrors"], arrays.pop(MODEL_ERROR_KNOTS))
        profile = cls(channels=channels, window_rows=window_rows, **described, **arrays)
        if profile.to_bytes() != data:
            raise ProfileFormatError("drift profile: the file holds something that this code did not write")
        return profile

    @cached_property
    def digest(self) -> str:
        """sha256 of the file, lower-case hexadecimal: the identity of this profile."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def _array_specs(channels: int, lags: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array field for so many channels and lags, in file order."""
    return {
        item.name: (
            item.metadata["dtype"],
            (channels, *(lags if size == LAGS else size for size in item.metadata["shape"])),
        )
        for item in fields(DriftProfile)
        if item.metadata
    }


def _file_specs(header: Mapping[str, Any], channels: int, lags: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array of the file that such a header begins."""
    return _array_specs(channels, lags) | ({MODEL_ERROR_KNOTS: ("<f4", (KNOTS,))} if "modelErrors" in header else {})


def _require_sound(profile: DriftProfile) -> None:
    """Conditions without which a check would compute nonsense."""
    varies = profile.judged & ~profile.constant
    null = profile.null_windows[varies]
    conditions = {
        "there is a channel": bool(profile.channels),
        "channel names differ": len(set(profile.channels)) == len(profile.channels),
        "the data digest is a sha256": re.fullmatch(r"[0-9a-f]{64}", profile.data_digest) is not None,
        "times have an offset": profile.start.tzinfo is not None and profile.end.tzinfo is not None,
        "rows >= 4 windows": profile.rows >= 4 * profile.window_rows > 0,
        "sampling is positive": 0.0 < profile.sampling_seconds < np.inf,
        "mean and sigma are finite": bool(np.isfinite([profile.mean, profile.sigma])[:, profile.judged].all()),
        "sigma is positive where a channel varies": bool((profile.sigma[varies] > 0.0).all()),
        "knots ascend": bool((np.diff(profile.knots[varies], axis=1) >= 0.0).all()),
        "residual scale is positive": bool((profile.residual_scale[varies] > 0.0).all()),
        "calibrated on several windows": bool((null > 1).all()),
        "the model's errors are calibrated": profile.model_errors is None or profile.model_errors.is_sound(),
    }
    broken = [condition for condition, holds in conditions.items() if not holds]
    if broken:
        raise ProfileFormatError(f"drift profile: not sound: {', '.join(broken)}")
