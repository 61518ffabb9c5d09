"""What a telemetry URI says: a store, and a path in it. Nothing is opened here.

A URI is what it looks like: no escapes, no query, no credentials, no `.` or `..`. So one comparison of path segments
decides whether it lies below a root, and no log, status or tag that repeats it gives a secret away.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple, Self

OBJECT: Final = "^(s3|gs)://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]/[^/]"
FILE: Final = "^file:///[^/]"
CREDENTIALS: Final = "^(s3|gs)://[^/]*[@:]"
UNPLAIN: Final = r"/[.]{1,2}(/|$)|[%?#\\[:cntrl:]]"  # RE2, as the API server matches it
EMPTY_SEGMENT: Final = "^(s3|gs)://.*//"

_UNPLAIN: Final = re.compile(UNPLAIN.replace("[:cntrl:]", "\x00-\x1f\x7f"))
_BUCKET: Final = re.compile("^(s3|gs)://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/|$)")


class Scheme(StrEnum):
    """Where telemetry can lie."""

    FILE = "file"
    S3 = "s3"
    GS = "gs"


class Address(NamedTuple):
    """`path` is absolute for files, and bucket/key for objects, without a slash at its end."""

    scheme: Scheme
    path: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        """The address that a URI is; a bucket alone is one, too: it can be a root.

        Raises:
            ValueError: it is none, and why; the message does not repeat it.
        """
        if re.search(CREDENTIALS, uri):
            raise ValueError("credentials do not belong into a URI: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        scheme, separator, path = uri.partition("://")
        if not separator or not (re.search(FILE, uri) or _BUCKET.search(uri)):
            raise ValueError("only file:/// and an absolute path, or s3:// or gs:// with a bucket and a key, are read")
        if _UNPLAIN.search(f"/{path}") or re.search(EMPTY_SEGMENT, uri):
            raise ValueError("a path may not hold `.`, `..`, empty folders, escapes, a query or control characters")
        return cls(Scheme(scheme), path.rstrip("/"))

    def is_below(self, root: Self) -> bool:
        """Whether this is the root or lies below it: whole segments count, not characters."""
        same_store = self.scheme is root.scheme
        return same_store and (self.path == root.path or self.path.startswith(f"{root.path}/"))


def is_object(uri: str) -> bool:
    """Whether a URI means an object store, right or wrong."""
    return uri.startswith(("s3://", "gs://"))
