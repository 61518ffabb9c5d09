"""An MLflow server that is lost at a chosen request: a proxy before the real one."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


class LossyProxy:
    """Passes requests on to a server until one contains a text; from then on nobody answers, until it is mended.

    Args:
        url: of the server.
        lost_at: the text in method, path or body, such as `POST /api/2.0/mlflow/runs/create`.
        only_the_answer: the request at which it is lost still reaches the server.
    """

    def __init__(self, url: str, lost_at: str, *, only_the_answer: bool = False) -> None:
        self.lost = threading.Event()
        self._mended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(url, lost_at, only_the_answer))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def mend(self) -> None:
        """Pass on everything from now on."""
        self._mended.set()
        self.lost.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self, url: str, lost_at: str, only_the_answer: bool) -> type[BaseHTTPRequestHandler]:  # noqa: FBT001
        lost, mended, address = self.lost, self._mended, urlsplit(url).netloc

        class Handler(BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                known = not lost.is_set()
                said = f"{self.command} {self.path} {body[:4000].decode(errors='replace')}"
                if lost_at in said and not mended.is_set():
                    lost.set()
                if lost.is_set() and not (known and only_the_answer):
                    self.close_connection = True
                    return
                connection = http.client.HTTPConnection(address)
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                connection.request(self.command, self.path, body, headers | {"Host": address})
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if lost.is_set():
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                pass

        return Handler
