"""What every `Leases` promises, checked on the fake and on a real API server."""

from collections.abc import AsyncIterator, Callable

import pytest

from model_operator.core.leadership import released, renewed, taken
from model_operator.gateways.api_server import ApiServer
from model_operator.gateways.errors import Conflict, NotFound
from model_operator.gateways.leases import KubernetesLeases
from model_operator.gateways.protocols import Leases
from tests.builders import T0, hours
from tests.fakes import FakeLeases

World = tuple[Leases, Callable[[], object]]


@pytest.fixture(params=["fake", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The Lease, and what deletes it by hand."""
    if request.param == "fake":
        fake = FakeLeases()
        yield fake, lambda: setattr(fake, "stored", None)
        return
    local, namespace = request.getfixturevalue("api_server"), request.getfixturevalue("namespace")
    session = await ApiServer.connect(
        kubeconfig=str(local.kubeconfig), context=None, connections=1, timeout_seconds=10.0
    )
    leases = KubernetesLeases(session, namespace=namespace, name="sensor-model-operator")
    yield leases, lambda: local.kubectl("--namespace", namespace, "delete", "lease", "sensor-model-operator")
    await session.close()


async def test_there_is_none_at_first(world: World) -> None:
    assert await world[0].read() is None


async def test_what_is_written_is_read(world: World) -> None:
    leases, _ = world
    stored = await leases.write(taken(None, "first", T0))
    assert (stored.holder, stored.acquire_time, stored.renew_time, stored.transitions) == ("first", T0, T0, 0)
    assert await leases.read() == stored
    again = await leases.write(released(renewed(stored, T0 + hours(1)), T0 + hours(2)))
    assert (again.holder, again.acquire_time, again.renew_time) == ("", T0, T0 + hours(2))
    assert await leases.read() == again


async def test_of_two_that_create_it_one_gets_a_conflict(world: World) -> None:
    leases, _ = world
    await leases.write(taken(None, "first", T0))
    with pytest.raises(Conflict):
        await leases.write(taken(None, "second", T0))


async def test_of_two_that_take_it_one_gets_a_conflict(world: World) -> None:
    leases, _ = world
    seen = await leases.write(taken(None, "first", T0))
    await leases.write(taken(seen, "second", T0 + hours(1)))
    with pytest.raises(Conflict):
        await leases.write(renewed(seen, T0 + hours(1)))


async def test_a_deleted_one_is_not_made_anew_by_a_renewal(world: World) -> None:
    leases, delete = world
    seen = await leases.write(taken(None, "first", T0))
    delete()
    with pytest.raises(NotFound):
        await leases.write(renewed(seen, T0 + hours(1)))
    assert await leases.read() is None
