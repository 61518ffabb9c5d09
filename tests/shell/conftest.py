"""Every asynchronous test of the shell runs in virtual time."""

from collections.abc import Callable, Mapping

import pytest

from tests.shell.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config,
    item: pytest.Item,
) -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    """Chosen by pytest-asyncio for the tests in this folder only."""
    return {"virtual time": VirtualTimeLoop}
