"""Models that mean the same registered model: one has it at once, the others say so, and get it when it becomes free."""

from model_operator.gateways.resources import Resource
from tests.shell.objects import retraining_policy, sensor_model
from tests.shell.rig import Operator, World, settle

OWNED = ("True", "RegisteredModelOwned")


def world_with(*models: tuple[str, str, int]) -> World:
    """Models by name, sensor and second in which they were created."""
    world = World()
    world.cluster.identity = "c-1"
    world.put(Resource.RETRAINING_POLICY, retraining_policy())
    for name, sensor, second in models:
        add(world, name, sensor, second)
    return world


def add(world: World, name: str, sensor: str, second: int) -> dict[str, object]:
    manifest = sensor_model(name, spec={"sensorID": sensor})
    manifest["metadata"]["creationTimestamp"] = f"2026-03-01T12:00:{second:02}Z"
    return world.cluster.put(Resource.SENSOR_MODEL, manifest)


def owners(world: World) -> list[str]:
    return [job["metadata"]["ownerReferences"][0]["name"] for job in world.jobs()]


async def test_of_two_sensors_whose_names_collide_only_the_older_model_trains() -> None:
    world = world_with(("younger", "A_B", 2), ("older", "A/B", 1))
    async with Operator(world):
        assert owners(world) == ["older"]
        assert world.condition("Stalled", "younger") == OWNED
        assert world.condition("Stalled", "older") is None


async def test_a_model_in_another_namespace_counts() -> None:
    world = world_with(("younger", "A", 2))
    manifest = sensor_model("older", spec={"sensorID": "A"}, metadata={"namespace": "other"})
    manifest["metadata"]["creationTimestamp"] = "2026-03-01T12:00:01Z"
    world.cluster.put(Resource.SENSOR_MODEL, manifest)
    async with Operator(world):
        assert world.condition("Stalled", "younger") == OWNED
        assert "other/older" in str(world.status("younger").last_decision)


async def test_the_next_one_takes_a_name_that_is_free_again_before_anything_was_registered() -> None:
    world = world_with(("older", "A", 1), ("younger", "A", 2))
    async with Operator(world) as operator:
        operator.delete(Resource.SENSOR_MODEL, "older")
        await settle()
        assert world.condition("Stalled", "younger") is None
        assert owners(world) == ["older", "younger"]


async def test_an_older_model_that_becomes_known_later_is_served_first() -> None:
    world = world_with(("younger", "A", 2))
    async with Operator(world) as operator:
        operator.tell(Resource.SENSOR_MODEL, add(world, "older", "A", 1))
        await settle()
        assert world.condition("Stalled", "younger") == OWNED
        assert world.condition("Stalled", "older") is None


async def test_a_registered_model_stays_with_its_owner_who_was_deleted_until_somebody_releases_it() -> None:
    world = world_with(("older", "P-1", 1), ("younger", "P-1", 2))
    world.serve("older")
    name, model = "telemanom_P-1", world.registry.models.pop("telemanom_OLDER")
    world.registry.models[name] = model.model_copy(update={"name": name})
    async with Operator(world) as operator:
        assert world.status("older").stages.production is not None
        operator.delete(Resource.SENSOR_MODEL, "older")
        await settle()
        assert world.condition("Stalled", "younger") == OWNED
        assert "take the model over by deleting its tags" in str(world.status("younger").last_decision)
        released = {"owner": None, "owner_uid": None, "owner_cluster": None}
        world.registry.models[name] = world.registry.models[name].model_copy(update=released)
        await settle(3700)
        taken = world.registry.models[name]
        assert (taken.owner, taken.owner_cluster) == ("plant/younger", "c-1")
        assert world.status("younger").stages.production is not None


async def test_a_namesake_of_another_cluster_is_refused() -> None:
    world = world_with(("p-1", "P-1", 1))
    world.serve("p-1")
    name = "telemanom_P-1"
    world.registry.models[name] = world.registry.models[name].model_copy(update={"owner_cluster": "c-2"})
    async with Operator(world):
        assert world.condition("Stalled") == OWNED
        assert "of cluster c-2" in str(world.status().last_decision)
