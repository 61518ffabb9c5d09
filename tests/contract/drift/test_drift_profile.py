import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_contract.drift import DriftProfile, ProfileFormatError
from tests.contract.drift.references import START, calm, calm_channels, correlated, profile_of


@cache
def stored() -> bytes:
    return calm()[0].to_bytes()


def rewritten(**entries: bytes) -> bytes:
    """The stored profile with other contents of some entries: a well-formed archive with right checksums."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored())) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.infolist():
            target.writestr(entry, entries.get(entry.filename.split(".")[0], source.read(entry)))
    return buffer.getvalue()


def header(**changes: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(stored())) as archive:
        content = json.loads(archive.read("header.json")) | changes
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=allow_pickle)
    return buffer.getvalue()


def test_a_stored_profile_comes_back_whole() -> None:
    profile, _ = calm_channels()
    restored = DriftProfile.from_bytes(profile.to_bytes())
    for item in fields(DriftProfile):
        assert np.array_equal(getattr(restored, item.name), getattr(profile, item.name)), item.name


def test_the_same_reference_gives_the_same_bytes() -> None:
    values = correlated(1100, seed=3)
    assert profile_of(values).to_bytes() == profile_of(values.copy()).to_bytes()


def test_another_reference_gives_another_digest() -> None:
    assert profile_of(correlated(1100, seed=3)).digest != profile_of(correlated(1100, seed=4)).digest


def test_the_digest_survives_the_file() -> None:
    assert DriftProfile.from_bytes(stored()).digest == calm()[0].digest


def test_a_channel_takes_less_than_ten_kibibytes() -> None:
    assert len(stored()) < 20 * 1024  # one channel and the archive's own entries
    assert len(profile_of(np.tile(correlated(1100, seed=3)[:, None], 25)).to_bytes()) / 25 < 10 * 1024


def test_arrays_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        calm()[0].knots[0, 0] = 1.0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_byte_anywhere_is_refused(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(stored()) - 1))
    changed = bytearray(stored())
    changed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProfileFormatError):
        DriftProfile.from_bytes(bytes(changed))


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_profile_are_refused(data: bytes) -> None:
    with pytest.raises(ProfileFormatError):
        DriftProfile.from_bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(lambda: b"", "not a zip", id="nothing"),
        pytest.param(lambda: stored()[:-100], None, id="a file cut short"),
        pytest.param(lambda: stored() + b"x", None, id="a file with something behind it"),
        pytest.param(lambda: rewritten(header=b"[1]"), "not a JSON object", id="a header that is a list"),
        pytest.param(lambda: rewritten(header=b"[" * 100_000), "not JSON", id="a header nested without end"),
        pytest.param(lambda: rewritten(header=header(formatVersion=2)), "format version 2", id="a later format"),
        pytest.param(lambda: rewritten(header=header(channels=["a", "b"])), "expected", id="more channels than arrays"),
        pytest.param(lambda: rewritten(header=header(windowRows=0)), None, id="windows without rows"),
        pytest.param(lambda: rewritten(header=header(windowRows=10**30)), None, id="windows of absurd length"),
        pytest.param(lambda: rewritten(header=header(start="yesterday")), "header", id="a start that is no time"),
        pytest.param(lambda: rewritten(header=header(note="hello")), "did not write", id="a header with more in it"),
        pytest.param(lambda: rewritten(mean=npy(np.array([np.nan]))), "finite", id="a mean that is no number"),
        pytest.param(lambda: rewritten(sigma=npy(np.array([0.0]))), "sigma is positive", id="a sigma of zero"),
        pytest.param(lambda: rewritten(sigma=npy(np.array([1.0, 2.0]))), "expected", id="an array of another shape"),
        pytest.param(
            lambda: rewritten(sigma=npy(np.array([1], dtype="<i8"))), "expected", id="an array of another type"
        ),
        pytest.param(
            lambda: rewritten(mean=npy(np.array([{}], dtype=object), allow_pickle=True)), "expected", id="a pickle"
        ),
        pytest.param(
            lambda: rewritten(mean=npy(np.zeros(1)).replace(b"(1,)", b"(9999999999,)")[:118] + b"\n"),
            None,
            id="an array that claims to be huge",
        ),
    ],
)
def test_a_malformed_file_is_refused(data: Callable[[], bytes], message: str | None) -> None:
    with pytest.raises(ProfileFormatError, match=message):
        DriftProfile.from_bytes(data())


def test_a_compressed_file_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored())) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            target.writestr(entry, source.read(entry))
    with pytest.raises(ProfileFormatError, match="compressed"):
        DriftProfile.from_bytes(buffer.getvalue())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"channels": ()}, "expected", id="no channel"),
        pytest.param({"data_digest": "ABC"}, "sha256", id="a digest that is none"),
        pytest.param({"start": START.replace(tzinfo=None)}, "offset", id="a time without offset"),
        pytest.param({"rows": 500}, "4 windows", id="fewer rows than four windows"),
        pytest.param({"sampling_seconds": 0.0}, "sampling", id="no sampling period"),
    ],
)
def test_a_profile_that_makes_no_sense_cannot_be_made(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ProfileFormatError, match=message):
        replace(calm()[0], **changes)  # type: ignore[arg-type]
