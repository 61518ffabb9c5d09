"""One real S3 server for all tests that read objects, and files in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pyarrow import fs

from localcluster.object_store import ObjectStore


@contextmanager
def credentials_of(store: ObjectStore, **changes: str) -> Iterator[None]:
    """The process's environment as a pod's that may use the store."""
    before = dict(os.environ)
    os.environ.update(store.environment | changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def put(store: ObjectStore, key: str, content: bytes) -> str:
    """Write an object, its bucket created as needed; returns its URI."""
    client = fs.S3FileSystem(
        access_key=store.environment["AWS_ACCESS_KEY_ID"],
        secret_key=store.environment["AWS_SECRET_ACCESS_KEY"],
        region=store.environment["AWS_REGION"],
        endpoint_override=store.url,
        allow_bucket_creation=True,
    )
    client.create_dir(key.partition("/")[0])
    with client.open_output_stream(key) as stream:
        stream.write(content)
    return f"s3://{key}"
