"""How answers that are no success are sorted."""

import json

import pytest

from model_operator.gateways.errors import Conflict, GatewayError, NotFound, Permanent, Transient
from model_operator.gateways.responses import AlreadyExists, failure


def status(reason: str = "", **details: int) -> bytes:
    return json.dumps({"kind": "Status", "message": "no", "reason": reason, "details": details}).encode()


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        pytest.param(400, status(), Permanent, id="a bad request stays bad"),
        pytest.param(401, status(), Transient, id="a rotated token is read anew by the next call"),
        pytest.param(403, status(), Permanent, id="a missing right needs a person"),
        pytest.param(404, status(), NotFound, id="an object that is gone is not found"),
        pytest.param(409, status("AlreadyExists"), AlreadyExists, id="a name that is taken is a conflict of its own"),
        pytest.param(409, status("Conflict"), Conflict, id="a changed object is a conflict"),
        pytest.param(410, status("Expired"), Transient, id="an expired list is listed again"),
        pytest.param(422, status(), Permanent, id="an invalid object stays invalid"),
        pytest.param(429, status(), Transient, id="an overloaded server is tried again"),
        pytest.param(500, status(), Transient, id="a server error is tried again"),
        pytest.param(503, b"<html>Bad gateway</html>", Transient, id="a proxy's page is tried again"),
    ],
)
def test_status_codes_are_sorted(code: int, body: bytes, expected: type[GatewayError]) -> None:
    assert type(failure("GET /x", code, {}, body)) is expected


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        pytest.param({"Retry-After": "7"}, b"", 7.0, id="the header says how long to wait"),
        pytest.param({}, status(retryAfterSeconds=3), 3.0, id="the Status says how long to wait"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"", None, id="a date says nothing"),
        pytest.param({}, b"", None, id="nobody says how long to wait"),
    ],
)
def test_a_server_may_ask_for_patience(headers: dict[str, str], body: bytes, expected: float | None) -> None:
    error = failure("GET /x", 429, headers, body)
    assert isinstance(error, Transient)
    assert error.retry_after_seconds == expected


def test_the_message_holds_the_call_the_code_and_the_servers_words() -> None:
    assert str(failure("POST /apis/batch/v1/jobs", 403, {}, status())) == "POST /apis/batch/v1/jobs: 403: no"


def test_a_long_page_is_cut() -> None:
    assert len(str(failure("GET /x", 502, {}, b"x" * 10_000))) < 400
