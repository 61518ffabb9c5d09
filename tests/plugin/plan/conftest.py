"""Asynchronous tests here run in virtual time, as those of the shell do; MLflow is the one of the gateways' tests."""

from tests.gateways.conftest import mlflow_server
from tests.shell.conftest import pytest_asyncio_loop_factories

__all__ = ["mlflow_server", "pytest_asyncio_loop_factories"]
