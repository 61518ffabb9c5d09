"""Recorded versions: what MLflow knows of the models, placed in the time of their telemetry.

The only module of the plugin that asks MLflow, and only when one is named.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from kubectl_sensormodel.errors import PluginError
from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import RegisteredModel, Version
from model_operator.gateways.errors import GatewayError, Permanent

_TIMEOUT_SECONDS: Final = 10
_TIMED_RUNS: Final = 5  # newest versions of a model whose trainings are timed
_T = TypeVar("_T")


class Record(Protocol):
    """What is recorded of registered models."""

    def read(self, name: str) -> RegisteredModel:
        """The model with its versions; an empty one when nothing is recorded."""

    def durations(self, model: RegisteredModel) -> list[timedelta]:
        """How long its newest trainings took."""

    def profile(self, run_id: str) -> bytes:
        """The drift profile of a run."""


class NoRecord:
    """No MLflow is named: nothing is recorded."""

    def read(self, name: str) -> RegisteredModel:
        """An empty model."""
        return RegisteredModel(name=name)

    def durations(self, model: RegisteredModel) -> list[timedelta]:  # noqa: ARG002 - of the Protocol
        """None."""
        return []

    def profile(self, run_id: str) -> bytes:
        """There is none, and no version that would ask for it."""
        raise Permanent(f"drift profile of run {run_id}: no MLflow is named", reason=Reason.REGISTRY_UNAVAILABLE)


class MlflowRecord:
    """What an MLflow server holds; credentials are MLflow's own variables.

    Args:
        uri: of the server.

    Raises:
        PluginError: the client of MLflow is not installed.
    """

    def __init__(self, uri: str) -> None:
        try:
            from mlflow import MlflowClient  # noqa: PLC0415 - takes a second, and plans without MLflow need none

            from model_operator.gateways.registry import MlflowRegistry  # noqa: PLC0415 - the same
        except ImportError as error:
            remedy = (
                "Install it with: pip install mlflow-skinny; or plan without recorded versions: leave --mlflow out."
            )
            raise PluginError(f"the client of MLflow is not installed: {error}", remedy) from error
        self._registry = MlflowRegistry(uri, threads=1, timeout_seconds=_TIMEOUT_SECONDS, retries=1)
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def read(self, name: str) -> RegisteredModel:
        """The model with its versions.

        Raises:
            PluginError: MLflow does not answer.
        """
        return _answer(self._registry.read_model(name))

    def durations(self, model: RegisteredModel) -> list[timedelta]:
        """From the start of a run to the registration of its version."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

        took = []
        for version in model.versions[:_TIMED_RUNS]:
            try:
                started = self._client.get_run(version.run_id).info.start_time
            except MlflowException:
                continue  # the run was deleted: its duration is not known
            took.append(version.create_time - datetime.fromtimestamp(started / 1000, UTC))
        return took

    def profile(self, run_id: str) -> bytes:
        """The drift profile of a run.

        Raises:
            GatewayError: it cannot be read.
        """
        return asyncio.run(_await(self._registry.read_profile(run_id)))


def in_data_time(model: RegisteredModel, policy: RetrainingPolicySpec, duration: timedelta) -> RegisteredModel:
    """The versions where the time of the telemetry has them.

    A version that was trained on a recording is as old as its newest row: it is placed one training after it. One that
    was trained on a live feed stays where it is. The difference is the one that decides whether stale telemetry counts
    as a fault: twice the policy's currentWindow.
    """
    limit = 2 * parse_duration(policy.triggers.drift.current_window)

    def placed(version: Version) -> Version:
        if version.data_end is None or version.create_time - version.data_end <= limit:
            return version
        earlier = version.data_end + duration - version.create_time
        return version.model_copy(
            update={
                "create_time": version.create_time + earlier,
                "moves": _shifted(version.moves, "time", earlier),
                "evaluations": _shifted(version.evaluations, "time", earlier),
            }
        )

    return model.model_copy(update={"versions": tuple(map(placed, model.versions))})


def _shifted(records: Iterable[Any], field: str, by: timedelta) -> tuple[Any, ...]:
    return tuple(record.model_copy(update={field: getattr(record, field) + by}) for record in records)


def _answer(call: Coroutine[Any, Any, _T]) -> _T:
    try:
        return asyncio.run(_await(call))
    except GatewayError as error:
        raise PluginError(str(error), "Leave --mlflow out to plan without recorded versions.") from error


async def _await(call: Coroutine[Any, Any, _T]) -> _T:
    return await call
