"""What a telemetry URI may say, and what lies below what."""

import pytest

from model_contract.telemetry.address import Address, Scheme


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        pytest.param("file:///telemetry/P-1.csv", Address(Scheme.FILE, "/telemetry/P-1.csv"), id="a file"),
        pytest.param("s3://plant/pump 3/a=1/", Address(Scheme.S3, "plant/pump 3/a=1"), id="a prefix"),
        pytest.param("gs://plant", Address(Scheme.GS, "plant"), id="a bucket"),
        pytest.param("s3://plant/a:b@c", Address(Scheme.S3, "plant/a:b@c"), id="a key with a colon"),
    ],
)
def test_a_plain_uri_is_a_store_and_a_path(uri: str, address: Address) -> None:
    assert Address.parse(uri) == address


@pytest.mark.parametrize(
    "uri",
    [
        "/telemetry/P-1.csv",
        "http://plant/P-1.csv",
        "file://host/P-1.csv",
        "s3://P/a",
        "s3://plant/../other/a",
        "s3://plant/a//b",
        "s3://plant/a?versionId=1",
        "s3://plant/%2e%2e/a",
        "s3://plant/a\nb",
        "s3://KEY:secret@plant/a",
    ],
)
def test_other_uris_are_refused_without_repeating_them(uri: str) -> None:
    with pytest.raises(ValueError, match=r"^(credentials|only file|a path may)") as refused:
        Address.parse(uri)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("uri", "root", "below"),
    [
        pytest.param("s3://plant/line-7/P-1.csv", "s3://plant/line-7", True, id="an object below a prefix"),
        pytest.param("s3://plant/line-7", "s3://plant/line-7/", True, id="the prefix itself"),
        pytest.param("s3://plant/P-1.csv", "s3://plant", True, id="an object of a bucket"),
        pytest.param("s3://plant/line-77/P-1.csv", "s3://plant/line-7", False, id="a segment that begins alike"),
        pytest.param("s3://plant-2/P-1.csv", "s3://plant", False, id="a bucket that begins alike"),
        pytest.param("gs://plant/P-1.csv", "s3://plant", False, id="the same bucket of another store"),
    ],
)
def test_whole_segments_decide_what_lies_below_a_root(uri: str, root: str, below: bool) -> None:  # noqa: FBT001
    assert Address.parse(uri).is_below(Address.parse(root)) is below
