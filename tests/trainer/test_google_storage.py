"""How reading from Google Cloud Storage ends where it cannot; what its server says stays out of messages."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from model_contract.result import FailureReason
from model_contract.task import DataWindow, TelemetrySource
from model_contract.telemetry.trouble import StoreError, Trouble, store_errors
from model_trainer.data.sources import read_readings
from model_trainer.errors import CannotWork

URI = "gs://plant/a.parquet"


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def server_that_answers(status: HTTPStatus) -> Iterator[str]:
    """The address of a server that answers everything so, with words of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"its words")

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what happens."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refusal() -> tuple[FailureReason, str]:
    """Why what Google's store holds cannot be read."""
    with pytest.raises(CannotWork) as ended:
        read_readings(TelemetrySource(uri=URI), DataWindow())
    return ended.value.reason, ended.value.message


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (HTTPStatus.NOT_FOUND, FailureReason.TELEMETRY_NOT_FOUND, "there is no such object"),
        (HTTPStatus.FORBIDDEN, FailureReason.TELEMETRY_NOT_ALLOWED, "denies access (PERMISSION_DENIED)"),
        (HTTPStatus.UNAUTHORIZED, FailureReason.TELEMETRY_NOT_ALLOWED, "denies access (UNAUTHENTICATED)"),
        (HTTPStatus.BAD_REQUEST, FailureReason.TELEMETRY_UNREADABLE, "refuses to give it (INVALID_ARGUMENT)"),
    ],
    ids=lambda value: value.phrase if isinstance(value, HTTPStatus) else "",
)
def test_an_answer_becomes_a_reason(status: HTTPStatus, reason: FailureReason, said: str) -> None:
    with server_that_answers(status) as address, environment(STORAGE_EMULATOR_HOST=address):
        found, message = refusal()

    assert found is reason
    assert said in message
    assert "its words" not in message


def test_credentials_that_cannot_be_read_are_named() -> None:
    with environment(GOOGLE_APPLICATION_CREDENTIALS="/gone.json", STORAGE_EMULATOR_HOST=""):
        found, message = refusal()

    assert found is FailureReason.TELEMETRY_NOT_ALLOWED
    assert "check GOOGLE_APPLICATION_CREDENTIALS" in message


@pytest.mark.parametrize(
    "said",
    [
        "google::cloud::Status(UNAVAILABLE: Retry policy exhausted, with a last message of its words)",
        "google::cloud::Status(UNAVAILABLE: Could not create a OAuth2 access token to authenticate the request)",
    ],
    ids=["a busy server", "a server of credentials that is away"],
)
def test_what_google_may_do_later_is_away(said: str) -> None:
    with pytest.raises(StoreError, match="UNAVAILABLE") as error, store_errors(URI):
        raise OSError(said)

    assert error.value.trouble is Trouble.AWAY
    assert "its words" not in str(error.value)
