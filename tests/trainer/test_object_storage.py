"""What the trainer reads of a real S3 server, and how it ends where it cannot."""

import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from localcluster.object_store import ObjectStore
from model_contract.result import FailureReason
from model_contract.task import DataWindow, TelemetrySource
from model_trainer.data.cleaning import clean
from model_trainer.data.labels import read_labels
from model_trainer.data.sources import read_readings
from model_trainer.errors import CannotWork, TrainingEnded, TryAgain
from tests.object_storage import credentials_of, put
from tests.trainer.telemetry_files import minutes, waves, write

ROWS = 600


@pytest.fixture
def store(object_store: ObjectStore) -> Iterator[ObjectStore]:
    with credentials_of(object_store):
        yield object_store


@pytest.fixture
def failing() -> Iterator[str]:
    """A server that answers every request with 503; its address."""

    class Busy(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(HTTPStatus.SERVICE_UNAVAILABLE)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what happens."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def file(path: Path, first: int = 0, last: int = ROWS) -> bytes:
    write(path, minutes(ROWS)[first:last], value=waves(ROWS)[first:last])
    return path.read_bytes()


def end_of(uri: str) -> TrainingEnded:
    """How reading ends."""
    with pytest.raises(TrainingEnded) as ended:
        read_readings(TelemetrySource(uri=uri), DataWindow(lookback_seconds=3600))
    return ended.value


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_objects_are_the_same_telemetry_as_files(store: ObjectStore, tmp_path: Path, suffix: str) -> None:
    """One object, objects below a prefix, and a file have one digest."""
    whole = file(tmp_path / f"a.{suffix}")
    put(store, f"trainer/{suffix}/split/1.{suffix}", file(tmp_path / f"1.{suffix}", 0, 200))
    put(store, f"trainer/{suffix}/split/2.{suffix}", file(tmp_path / f"2.{suffix}", 200))
    put(store, f"trainer/{suffix}/split/_SUCCESS", b"")
    uris = [
        (tmp_path / f"a.{suffix}").as_uri(),
        put(store, f"trainer/{suffix}/a.{suffix}", whole),
        f"s3://trainer/{suffix}/split/",
    ]

    read = [clean(read_readings(TelemetrySource(uri=uri), DataWindow(lookback_seconds=18_000)), None) for uri in uris]

    assert [telemetry.rows for telemetry in read] == [301] * 3
    assert len({telemetry.digest for telemetry in read}) == 1


def test_labels_in_a_store_are_read_once_they_are_there(store: ObjectStore) -> None:
    assert read_labels("s3://trainer/labels.csv") is None

    labels = read_labels(put(store, "trainer/labels.csv", b"start,end\n2024-01-01T00:02:00Z,2024-01-01T00:03:00Z\n"))

    assert labels is not None
    assert labels.at(minutes(6)).tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("uri", ["s3://trainer/none.parquet", "s3://nowhere/none.parquet", "s3://nowhere/none/"])
def test_what_is_not_there_is_not_found(store: ObjectStore, uri: str) -> None:
    ended = end_of(uri)

    assert (type(ended), ended.reason) == (CannotWork, FailureReason.TELEMETRY_NOT_FOUND)


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param({"AWS_SECRET_ACCESS_KEY": "a-wrong-secret"}, id="a wrong secret"),
        pytest.param({"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "a-secret"}, id="an unknown key"),
    ],
)
def test_who_may_not_read_is_told_so_for_good(store: ObjectStore, tmp_path: Path, credentials: dict[str, str]) -> None:
    uri = put(store, "trainer/a.parquet", file(tmp_path / "a.parquet"))

    with credentials_of(store, **credentials):
        ended = end_of(uri)

    assert (type(ended), ended.reason) == (CannotWork, FailureReason.TELEMETRY_NOT_ALLOWED)
    assert "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in ended.message
    assert "secret" not in ended.message.replace("AWS_SECRET_ACCESS_KEY", "")


def test_a_store_that_is_away_may_come_back(store: ObjectStore) -> None:
    with credentials_of(store, AWS_ENDPOINT_URL="http://127.0.0.1:1"):
        ended = end_of("s3://trainer/a.parquet")

    assert (type(ended), ended.reason) == (TryAgain, FailureReason.TELEMETRY_UNAVAILABLE)


def test_a_store_that_is_busy_may_be_free_later(store: ObjectStore, failing: str) -> None:
    with credentials_of(store, AWS_ENDPOINT_URL=failing):
        ended = end_of("s3://trainer/a.parquet")

    assert (type(ended), ended.reason) == (TryAgain, FailureReason.TELEMETRY_UNAVAILABLE)
    assert "HTTP 503" in ended.message


def test_an_object_that_is_cut_is_unreadable(store: ObjectStore, tmp_path: Path) -> None:
    ended = end_of(put(store, "trainer/cut.parquet", file(tmp_path / "a.parquet")[:-50]))

    assert (type(ended), ended.reason) == (CannotWork, FailureReason.TELEMETRY_UNREADABLE)
