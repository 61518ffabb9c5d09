"""What every `Cluster` promises, checked on the fake and on a real API server."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from localcluster import Cluster as LocalCluster
from model_operator.api.vocabulary import Reason
from model_operator.gateways.api_server import ApiServer
from model_operator.gateways.errors import Conflict, NotFound, Permanent
from model_operator.gateways.kube import KubernetesCluster
from model_operator.gateways.protocols import Cluster
from model_operator.gateways.resources import Resource
from tests.fakes import FakeCluster
from tests.gateways.objects import Object, announcement, regarding, sensor_model, trainer_job

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class World(Protocol):
    """A cluster with the hands of a user."""

    @property
    def cluster(self) -> Cluster:
        """The cluster as the operator sees it."""

    @property
    def namespace(self) -> str:
        """Of this test."""

    def create(self, resource: Resource, manifest: Object) -> Object:
        """Create an object; as it is stored."""

    def event_counts(self) -> list[int]:
        """How often each different event of the namespace was said."""


class FakeWorld:
    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.namespace = "tests"

    def create(self, resource: Resource, manifest: Object) -> Object:
        return self.cluster.put(resource, {**manifest, "metadata": {"namespace": "tests", **manifest["metadata"]}})

    def event_counts(self) -> list[int]:
        return sorted(self.cluster.events.values())


class RealWorld:
    def __init__(self, cluster: KubernetesCluster, local: LocalCluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self._local = local

    def create(self, resource: Resource, manifest: Object) -> Object:  # noqa: ARG002 - kubectl reads it
        return self._kubectl("create", "-f", "-", stdin=json.dumps(manifest))

    def event_counts(self) -> list[int]:
        events = self._kubectl("get", "events.events.k8s.io")["items"]
        return sorted(event.get("series", {}).get("count", 1) for event in events)

    def _kubectl(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        answer = self._local.kubectl("--namespace", self.namespace, "-o", "json", *arguments, stdin=stdin)
        return dict(json.loads(answer))


@pytest.fixture(params=["fake", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    local: LocalCluster = request.getfixturevalue("api_server")
    namespace: str = request.getfixturevalue("namespace")
    session = await ApiServer.connect(
        kubeconfig=str(local.kubeconfig), context=None, connections=4, timeout_seconds=10.0
    )
    yield RealWorld(KubernetesCluster(session, namespaces=(namespace,), reporting_instance="test"), local, namespace)
    await session.close()


async def names(world: World, resource: Resource) -> list[str]:
    return [found["metadata"]["name"] async for found in world.cluster.list_objects(resource)]


async def test_lists_every_object_with_its_kind(world: World) -> None:
    for name in ("a", "b"):
        world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace, name))
    found = [item async for item in world.cluster.list_objects(Resource.SENSOR_MODEL)]
    assert [(item["kind"], item["metadata"]["name"]) for item in found] == [("SensorModel", "a"), ("SensorModel", "b")]


async def test_lists_nothing_where_there_is_nothing(world: World) -> None:
    assert await names(world, Resource.RETRAINING_POLICY) == []


async def test_creating_a_job_twice_gives_the_same_job(world: World) -> None:
    owner = world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace))
    first = await world.cluster.create_job(world.namespace, trainer_job(owner))
    second = await world.cluster.create_job(world.namespace, trainer_job(owner))
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert await names(world, Resource.JOB) == ["p-1-0a1b2c"]


@pytest.mark.parametrize("differs", ["owner", "decision"])
async def test_a_job_name_that_something_else_has_is_refused(world: World, differs: str) -> None:
    owner = world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace))
    other = world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace, "p-2"))
    await world.cluster.create_job(world.namespace, trainer_job(owner))
    wanted = trainer_job(other) if differs == "owner" else trainer_job(owner, decision="d-2")
    with pytest.raises(Permanent) as refused:
        await world.cluster.create_job(world.namespace, wanted)
    assert refused.value.reason is Reason.JOB_NAME_TAKEN
    assert "p-1-0a1b2c" in str(refused.value)


async def apply_status(world: World, model: Object, status: Object) -> Object:
    """The object after a status that was computed from `model`."""
    name, version = model["metadata"]["name"], model["metadata"]["resourceVersion"]
    return await world.cluster.apply_status(
        Resource.SENSOR_MODEL, world.namespace, name, status, resource_version=version
    )


async def test_a_status_is_stored_whole_and_handed_back(world: World) -> None:
    model = world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace))
    first = await apply_status(world, model, {"observedGeneration": 1, "registeredModel": "telemanom_P-1"})
    second = await apply_status(world, first, {"observedGeneration": 2})
    assert second["status"] == {"observedGeneration": 2}


async def test_the_same_status_again_changes_nothing(world: World) -> None:
    model = world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace))
    first = await apply_status(world, model, {"observedGeneration": 1})
    second = await apply_status(world, first, {"observedGeneration": 1})
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


async def test_the_status_of_an_object_that_is_gone_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await apply_status(world, {"metadata": {"name": "gone", "resourceVersion": "1"}}, {"observedGeneration": 1})


async def test_a_status_that_was_computed_from_an_older_object_is_a_conflict(world: World) -> None:
    model = world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace))
    await apply_status(world, model, {"observedGeneration": 1})
    with pytest.raises(Conflict):
        await apply_status(world, model, {"observedGeneration": 2})


async def test_a_repeated_event_becomes_a_series(world: World) -> None:
    model = regarding(world.create(Resource.SENSOR_MODEL, sensor_model(world.namespace)))
    for note in ("one", "two", "one", "one"):
        await world.cluster.record_event(model, announcement(note), NOW)
    assert world.event_counts() == [1, 3]


async def test_an_event_may_be_about_a_policy(world: World) -> None:
    manifest = {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": {"name": "default", "namespace": world.namespace},
    }
    policy = regarding(world.create(Resource.RETRAINING_POLICY, manifest))
    await world.cluster.record_event(policy, announcement("37 of 60 models drift", job=None), NOW)
    assert world.event_counts() == [1]
