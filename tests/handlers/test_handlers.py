"""What the handlers register with Kopf, and what Kopf is told never to do."""

from typing import Any

import kopf
import pytest

from model_operator.gateways.resources import Resource
from model_operator.handlers import jobs, lifecycle, pods, retrainingpolicies, sensormodels
from model_operator.handlers.storages import NoDiffBase, NoProgress
from model_operator.shell.budget import Budget
from model_operator.shell.cache import Cache
from model_operator.shell.intake import Intake
from model_operator.shell.kept import Key
from model_operator.shell.queue import WorkQueue
from tests.fakes import FakeClock
from tests.shell.objects import job, pod, retraining_policy, sensor_model

WATCHED: dict[str, Any] = {
    "sensormodels": (sensormodels, Resource.SENSOR_MODEL, sensor_model),
    "retrainingpolicies": (retrainingpolicies, Resource.RETRAINING_POLICY, retraining_policy),
    "jobs": (jobs, Resource.JOB, job),
    "pods": (pods, Resource.POD, pod),
}


@pytest.mark.parametrize(("module", "resource", "make"), WATCHED.values(), ids=WATCHED.keys())
async def test_a_watch_event_reaches_the_cache(module: Any, resource: Resource, make: Any) -> None:
    cache = Cache()
    queue = WorkQueue[Key](jitter=lambda: 1.0)
    registry = kopf.OperatorRegistry()
    module.register(registry, Intake(cache, queue, Budget(cache, clock=FakeClock(), wake=queue.add)))
    handlers: Any = registry._watching.get_all_handlers()
    (handler,) = handlers
    assert (handler.selector.group, handler.selector.version, handler.selector.any_name) == (
        resource.value.group,
        resource.value.version,
        resource.value.plural,
    )
    assert await handler.fn(event={"type": "ADDED", "object": make()}, memo=None) is None
    assert len(cache.all(resource)) == 1
    await handler.fn(event={"type": "DELETED", "object": make(version=2)}, memo=None)
    assert len(cache.all(resource)) == 0


def test_kopf_writes_nothing_and_looks_at_nothing_else() -> None:
    settings = kopf.OperatorSettings()
    lifecycle.configure(settings, streams_lists=False)
    assert (settings.posting.enabled, settings.scanning.disabled, settings.peering.standalone) == (False, True, True)
    assert isinstance(settings.persistence.diffbase_storage, NoDiffBase)
    assert isinstance(settings.persistence.progress_storage, NoProgress)


@pytest.mark.parametrize("streams_lists", [True, False])
def test_lists_are_streamed_where_the_server_can(*, streams_lists: bool) -> None:
    settings = kopf.OperatorSettings()
    lifecycle.configure(settings, streams_lists=streams_lists)
    assert settings.watching.initial_streaming is streams_lists


@pytest.mark.parametrize(
    ("resource", "selectors"),
    [
        pytest.param(Resource.JOB, ["app.kubernetes.io/managed-by=sensor-model-operator"], id="Jobs"),
        pytest.param(Resource.POD, ["app.kubernetes.io/managed-by=sensor-model-operator"], id="pods"),
        pytest.param(Resource.SENSOR_MODEL, [], id="but not SensorModels"),
    ],
)
def test_the_server_filters_by_our_label(resource: Resource, selectors: list[str]) -> None:
    settings = kopf.OperatorSettings()
    lifecycle.configure(settings, streams_lists=False)
    place = resource.value
    assert list(settings.watching.label_selectors.collect(kopf.Resource(place.group, place.version, place.plural))) == (
        selectors
    )
