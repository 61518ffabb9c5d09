"""Asynchronous tests here run in virtual time, as those of the shell do."""

from tests.shell.conftest import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]
