"""What the operator reads of a real S3 server, and what it says where it cannot."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localcluster.object_store import ObjectStore
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import Measurement
from model_operator.gateways.telemetry import WorkerTelemetry
from tests.gateways.telemetry_objects import REFERENCE_END, WINDOW_ROWS, calm, plan, profile, telemetry_table
from tests.object_storage import credentials_of, put

MIB = 2**20
ROOT = "s3://plant/line-7"


@pytest.fixture
def store(object_store: ObjectStore) -> Iterator[ObjectStore]:
    with credentials_of(object_store):
        yield object_store


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(telemetry_table(calm(2 * WINDOW_ROWS, seed=3)), sink)
    return bytes(sink.getvalue())


async def measured(uri: str, *roots: Path | str, labels: str | None = None) -> Measurement:
    """What a worker process says that was started in this process's environment."""
    telemetry = WorkerTelemetry(roots or (ROOT,), processes=1, memory_bytes=256 * MIB, timeout_seconds=60.0)
    wanted = plan(uri, telemetry={"labels": {"uri": labels}} if labels else {})
    try:
        return await telemetry.measure(wanted, profile().to_bytes(), REFERENCE_END)
    finally:
        await telemetry.close()


async def test_objects_give_the_verdict_that_files_give(store: ObjectStore, tmp_path: Path) -> None:
    """As one object, and below a prefix with what does not count."""
    (tmp_path / "P-1.parquet").write_bytes(parquet())
    single = put(store, "plant/line-7/P-1.parquet", parquet())
    put(store, "plant/line-7/P-2/2026/01.parquet", parquet())
    put(store, "plant/line-7/P-2/_temporary/02.parquet", b"half")
    put(store, "plant/line-7/P-2/notes.txt", b"none")

    local = await measured((tmp_path / "P-1.parquet").as_uri(), tmp_path)

    assert local.current is not None
    assert await measured(single) == local
    assert await measured("s3://plant/line-7/P-2/") == local


async def test_labels_in_a_store_have_the_digest_of_their_bytes(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "P-1.parquet").write_bytes(parquet())
    (tmp_path / "labels.csv").write_bytes(b"start,end\n")
    labels = put(store, "plant/line-7/labels.csv", b"start,end\n")
    uri, local = (tmp_path / "P-1.parquet").as_uri(), (tmp_path / "labels.csv").as_uri()

    found = await measured(uri, tmp_path, ROOT, labels=labels)

    assert found.labels_digest is not None
    assert found == await measured(uri, tmp_path, labels=local)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        pytest.param("s3://plant/line-7/none.parquet", Reason.TELEMETRY_UNAVAILABLE, id="no such object"),
        pytest.param("s3://plant/line-77/P-1.parquet", Reason.TELEMETRY_NOT_ALLOWED, id="a segment that begins alike"),
        pytest.param("s3://plant/line-7/../P-1.parquet", Reason.TELEMETRY_NOT_ALLOWED, id="a way out"),
        pytest.param("gs://plant/line-7/P-1.parquet", Reason.TELEMETRY_NOT_ALLOWED, id="another store"),
        pytest.param("file:///plant/line-7/P-1.parquet", Reason.TELEMETRY_NOT_ALLOWED, id="a file"),
    ],
)
async def test_what_is_absent_or_outside_is_told_apart(store: ObjectStore, uri: str, reason: Reason) -> None:
    put(store, "plant/line-77/P-1.parquet", parquet())

    assert (await measured(uri)).problem is reason


async def test_a_bucket_that_is_not_there_is_unavailable(store: ObjectStore) -> None:
    found = await measured("s3://nowhere/P-1.parquet", "s3://nowhere")

    assert found.problem is Reason.TELEMETRY_UNAVAILABLE


async def test_what_lies_outside_is_refused_before_the_store_is_asked(store: ObjectStore) -> None:
    with credentials_of(store, AWS_ENDPOINT_URL="http://127.0.0.1:1"):
        found = await measured("s3://plant/line-77/P-1.parquet")

    assert found.problem is Reason.TELEMETRY_NOT_ALLOWED
    assert "only telemetry below s3://plant/line-7 may be read" in found.message


async def test_a_visitor_is_denied_and_told_what_to_check(store: ObjectStore) -> None:
    uri = put(store, "plant/line-7/P-1.parquet", parquet())
    store.add_user("visitor", "a-secret-of-the-visitor")

    with credentials_of(store, AWS_ACCESS_KEY_ID="visitor", AWS_SECRET_ACCESS_KEY="a-secret-of-the-visitor"):  # noqa: S106
        found = await measured(uri)

    assert found.problem is Reason.TELEMETRY_NOT_ALLOWED
    assert "the store denies access (ACCESS_DENIED); check AWS_ACCESS_KEY_ID" in found.message
    assert "a-secret" not in found.message


async def test_a_store_that_is_away_makes_telemetry_unavailable(store: ObjectStore) -> None:
    with credentials_of(store, AWS_ENDPOINT_URL="http://127.0.0.1:1"):
        found = await measured("s3://plant/line-7/P-1.parquet")

    assert found.problem is Reason.TELEMETRY_UNAVAILABLE
    assert "the store does not answer (NETWORK_CONNECTION)" in found.message


async def test_an_object_that_is_cut_is_unreadable(store: ObjectStore) -> None:
    found = await measured(put(store, "plant/line-7/cut.parquet", parquet()[:-100]))

    assert found.problem is Reason.TELEMETRY_UNREADABLE
