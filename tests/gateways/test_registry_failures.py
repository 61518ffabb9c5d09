"""How the registry fails: answers of a server that is not MLflow, or is not well, on real sockets."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from model_operator.api.vocabulary import Reason
from model_operator.gateways.errors import GatewayError, Permanent, Transient
from model_operator.gateways.registry import MlflowRegistry


class Answer(NamedTuple):
    """What the server says to every request."""

    status: int
    body: str
    content_type: str = "text/html"


def mlflow_error(status: int, code: str) -> Answer:
    return Answer(status, json.dumps({"error_code": code, "message": "no"}), "application/json")


@contextmanager
def server(answer: Callable[[dict[str, list[str]]], Answer]) -> Iterator[str]:
    """The URL of a server that answers each request by its query."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, content_type = answer(parse_qs(urlsplit(self.path).query))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{serving.server_port}"
        finally:
            serving.shutdown()
            thread.join()


@contextmanager
def registry_at(uri: str) -> Iterator[MlflowRegistry]:
    registry = MlflowRegistry(uri, retries=0, timeout_seconds=10)
    try:
        yield registry
    finally:
        registry.close()


@pytest.mark.parametrize(
    ("answer", "expected", "hint"),
    [
        pytest.param(Answer(200, "<html>Welcome</html>"), Transient, "Something else answers", id="a page of a proxy"),
        pytest.param(Answer(404, "<html>Not here</html>"), Transient, "Something else answers", id="a 404 of a proxy"),
        pytest.param(
            Answer(404, '{"message": "no Route matched"}', "application/json"),
            Transient,
            "tries again",
            id="a 404 of an API gateway",
        ),
        pytest.param(
            Answer(200, '{"registered_model": "telemanom"}', "application/json"),
            Transient,
            "Something else answers",
            id="JSON of another shape",
        ),
        pytest.param(
            Answer(200, '{"registered_model": {"name": 7}}', "application/json"),
            Transient,
            "Something else answers",
            id="JSON of other types",
        ),
        pytest.param(mlflow_error(503, "TEMPORARILY_UNAVAILABLE"), Transient, "tries again", id="unavailable"),
        pytest.param(mlflow_error(429, "REQUEST_LIMIT_EXCEEDED"), Transient, "tries again", id="too many requests"),
        pytest.param(mlflow_error(500, "INTERNAL_ERROR"), Transient, "tries again", id="an error inside"),
        pytest.param(Answer(401, "You are not authenticated"), Permanent, "MLFLOW_TRACKING_TOKEN", id="no password"),
        pytest.param(mlflow_error(403, "PERMISSION_DENIED"), Permanent, "may edit", id="no permission"),
        pytest.param(
            Answer(403, "Invalid Host header - possible DNS rebinding attack detected", "text/plain"),
            Permanent,
            "--allowed-hosts and name 127.0.0.1:",
            id="a host name that the server does not allow",
        ),
    ],
)
async def test_answers_are_sorted_and_come_with_a_hint(answer: Answer, expected: type[GatewayError], hint: str) -> None:
    with server(lambda _: answer) as url, registry_at(url) as registry, pytest.raises(GatewayError) as failed:
        await registry.read_model("telemanom_P-1")
    assert type(failed.value) is expected
    assert str(failed.value).startswith(f"MLflow at {url}: reading registered model telemanom_P-1: ")
    assert hint in str(failed.value)


async def test_what_a_person_must_mend_is_the_registrys_unavailability() -> None:
    with server(lambda _: Answer(401, "no")) as url, registry_at(url) as registry, pytest.raises(Permanent) as failed:
        await registry.sweep()
    assert failed.value.reason is Reason.REGISTRY_UNAVAILABLE


async def test_a_refused_connection_is_tried_again_later() -> None:
    with server(lambda _: Answer(200, "")) as url:
        pass
    with registry_at(url) as registry, pytest.raises(Transient, match="check that the server runs"):
        await registry.sweep()


async def test_a_password_in_the_url_stays_out_of_messages() -> None:
    with server(lambda _: Answer(200, "")) as url:
        pass
    with (
        registry_at(url.replace("http://", "http://operator:hunter2@")) as registry,
        pytest.raises(Transient) as failed,
    ):
        await registry.sweep()
    assert "hunter2" not in str(failed.value)


async def test_while_mlflow_is_silent_the_event_loop_goes_on() -> None:
    released = threading.Event()

    def when_released(_: dict[str, list[str]]) -> Answer:
        released.wait()
        return page("a", "")

    with server(when_released) as url, registry_at(url) as registry:
        sweep = asyncio.create_task(registry.sweep())
        await asyncio.sleep(0)
        released.set()  # never reached if the sweep held the loop
        assert list(await sweep) == ["a"]


@pytest.mark.parametrize("body", ["{}", "", "200 OK"])
async def test_nothing_is_no_empty_registry_unless_mlflow_says_so(body: str) -> None:
    with (
        server(lambda _: Answer(200, body, "application/json")) as url,
        registry_at(url) as registry,
        pytest.raises(Transient, match="Something else answers"),
    ):
        await registry.sweep()


def page(name: str | None, token: str) -> Answer:
    models = [] if name is None else [{"name": name, "creation_timestamp": 1, "last_updated_timestamp": 1}]
    return Answer(200, json.dumps({"registered_models": models, "next_page_token": token}), "application/json")


async def test_an_empty_page_is_not_the_end() -> None:
    pages = {"": page("a", "2"), "2": page(None, "3"), "3": page("b", "")}
    with server(lambda query: pages[query.get("page_token", [""])[0]]) as url, registry_at(url) as registry:
        assert list(await registry.sweep()) == ["a", "b"]


async def test_a_list_without_end_is_given_up() -> None:
    with (
        server(lambda _: page("a", "again")) as url,
        registry_at(url) as registry,
        pytest.raises(Transient, match="same page token"),
    ):
        await registry.sweep()
