"""How calls to the outside fail, sorted where they arise.

    GatewayError
    ├── Transient    try again later: time-outs, refused connections, 429, 5xx
    ├── Conflict     observe again and decide anew: 409, a changed version
    ├── NotFound     what was asked for is not there
    └── Permanent    will fail again until somebody changes something: 400, 401, 403, 422

Gateways raise them; `shell.loop` turns them into conditions and back-off. Nothing else is caught there.
"""

from model_operator.api.vocabulary import Reason


class GatewayError(Exception):
    """A call to the outside failed; the message says which, where and how."""


class Transient(GatewayError):  # noqa: N818 - read as an adjective at every raise
    """The same call may succeed later."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Conflict(GatewayError):  # noqa: N818 - as above
    """The world is not as it was observed."""


class NotFound(GatewayError):  # noqa: N818 - as above
    """The object is not there."""


class Permanent(GatewayError):  # noqa: N818 - as above
    """The call cannot succeed as it is."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason
