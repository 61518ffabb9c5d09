import hashlib
import json
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


def rewritten(header: bytes | None = None, arrays: bytes | None = None, **changes: object) -> bytes:
    """The stored profile with another header or other arrays, and with the checksum that fits."""
    begin = 12
    end = begin + int.from_bytes(stored()[8:begin], "little")
    content = json.loads(stored()[begin:end]) | changes
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode() if header is None else header
    body = stored()[:8] + len(text).to_bytes(4, "little") + text + (stored()[end:-32] if arrays is None else arrays)
    return body + hashlib.sha256(body).digest()


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
    assert len(stored()) < 12 * 1024  # one channel and the header
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
        pytest.param(lambda: b"", "does not begin", id="nothing"),
        pytest.param(lambda: b"PK" + stored()[2:], "does not begin", id="another kind of file"),
        pytest.param(lambda: stored()[:-100], "checksum", id="a file cut short"),
        pytest.param(lambda: stored() + b"x", "checksum", id="a file with something behind it"),
        pytest.param(lambda: bytes(65 * 1024 * 1024), "at most", id="a huge file"),
        pytest.param(lambda: rewritten(header=b"[1]"), "not a JSON object", id="a header that is a list"),
        pytest.param(lambda: rewritten(header=b"[" * 100_000), "not JSON", id="a header nested without end"),
        pytest.param(
            lambda: rewritten(formatVersion=1),
            "format version 1, this code reads 2; the next training",
            id="an earlier format",
        ),
        pytest.param(lambda: rewritten(channels=["a", "b"]), "other arrays", id="more channels than arrays"),
        pytest.param(lambda: rewritten(channels=["c"] * 8_000), "8000 channels", id="channels without end"),
        pytest.param(lambda: rewritten(channels=None), "header", id="no channels"),
        pytest.param(lambda: rewritten(windowRows=0), "other arrays", id="windows without rows"),
        pytest.param(lambda: rewritten(windowRows=-5), None, id="windows of negative length"),
        pytest.param(lambda: rewritten(windowRows=10**30), "other arrays", id="windows of absurd length"),
        pytest.param(lambda: rewritten(start="yesterday"), "header", id="a start that is no time"),
        pytest.param(lambda: rewritten(note="hello"), "did not write", id="a header with more in it"),
        pytest.param(lambda: rewritten(modelErrors={}), "other arrays", id="a model's errors without their knots"),
        pytest.param(lambda: rewritten(arrays=b"123"), "3 bytes of arrays", id="too few bytes"),
        pytest.param(lambda: rewritten(arrays=bytes(9_000)), "bytes of arrays", id="too many bytes"),
    ],
)
def test_a_malformed_file_is_refused(data: Callable[[], bytes], message: str | None) -> None:
    with pytest.raises(ProfileFormatError, match=message):
        DriftProfile.from_bytes(data())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"channels": ()}, "expected", id="no channel"),
        pytest.param({"mean": np.array([np.nan])}, "finite", id="a mean that is no number"),
        pytest.param({"sigma": np.array([0.0])}, "sigma is positive", id="a sigma of zero"),
        pytest.param({"knots": -np.sort(calm()[0].knots)}, "ascend", id="knots in the wrong order"),
        pytest.param({"data_digest": "ABC"}, "sha256", id="a digest that is none"),
        pytest.param({"start": START.replace(tzinfo=None)}, "offset", id="a time without offset"),
        pytest.param({"rows": 500}, "4 windows", id="fewer rows than four windows"),
        pytest.param({"sampling_seconds": 0.0}, "sampling", id="no sampling period"),
    ],
)
def test_a_profile_that_makes_no_sense_cannot_be_made(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ProfileFormatError, match=message):
        replace(calm()[0], **changes)  # type: ignore[arg-type]
