"""How a call of the client fails. Every error is a sentence with the names that matter, and often what to do.

    ClientError
    ├── NoAnswer        the server is away, does not know you, may not tell you, or is no such server
    ├── Missing         it has no object, version, run or experiment of that name
    ├── Refused         it says no, or what is asked for does not fit what is there
    ├── InvalidRequest  an argument is wrong; also a ValueError
    └── TimedOut        what was waited for did not happen in time

Nothing else is raised for what a server or a person does; any other exception is a defect.
"""


class ClientError(Exception):
    """What went wrong and what to do.

    Args:
        message: a sentence with the names that matter.
        remedy: what the person can do; empty when the message says it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class NoAnswer(ClientError):  # noqa: N818 - what it says is a fact about the call
    """The server could not be asked, or does not answer this person."""


class Missing(ClientError):  # noqa: N818 - as above
    """What was named is not there."""


class Refused(ClientError):  # noqa: N818 - as above
    """The server refuses it, or it does not fit what is there."""


class InvalidRequest(ClientError, ValueError):  # noqa: N818 - as above
    """An argument that no server needs to see."""


class TimedOut(ClientError):  # noqa: N818 - as above
    """The time that was given is over."""
