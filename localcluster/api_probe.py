"""Ask the API server a yes-or-no question, before any client library would find it there."""

import http.client
import ssl
from pathlib import Path
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
        connection = http.client.HTTPSConnection(
            self._address.hostname or "", self._address.port, context=self._context, timeout=5
        )
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False  # not listening yet, or shutting down
        finally:
            connection.close()
