"""Ask the API server a yes-or-no question, before any client library would find it there."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localcluster.certificates import KeyPair


class ApiProbe:
    """Requests with the administrator's certificate; "not yet there" is an answer, not an error."""

    def __init__(self, server: str, ca: Path, client: KeyPair) -> None:
        self._address = urlsplit(server)
        self._context = ssl.create_default_context(cafile=ca)
        self._context.load_cert_chain(client.certificate, client.key)

    def exists(self, path: str) -> bool:
        """True when a GET of `path` answers 200."""
        return self._get(path) is not None

    def read(self, path: str) -> dict[str, Any] | None:
        """The object at `path`, None when there is none."""
        body = self._get(path)
        return None if body is None else json.loads(body)

    def _get(self, path: str) -> bytes | None:
        connection = http.client.HTTPSConnection(
            self._address.hostname or "", self._address.port, context=self._context, timeout=5
        )
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            return None  # not listening yet, or shutting down
        else:
            return body if response.status == http.HTTPStatus.OK else None
        finally:
            connection.close()
