"""What every `ModelRegistry` promises, checked on the fake and on a real MLflow server."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from mlflow import MlflowClient

from model_contract.keys import (
    ARTIFACT_DRIFT_PROFILE,
    METRIC_IMPROVEMENT_LOWER_PERCENT,
    METRIC_IMPROVEMENT_UPPER_PERCENT,
    ComparisonVerdict,
    Kpi,
    Subject,
    Tag,
)
from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.decision import (
    DeleteAlias,
    RecordMoves,
    RegistryWrite,
    SetAlias,
    SetGate,
    SetOwner,
    SetStageTag,
)
from model_operator.core.observed import GateRecord, RegisteredModel, Version
from model_operator.core.stages import ALIAS
from model_operator.gateways.errors import Conflict, NotFound
from model_operator.gateways.protocols import ModelRegistry
from model_operator.gateways.registry import MlflowRegistry
from tests.fakes import FakeRegistry
from tests.gateways.mlflow_objects import register_version

PRODUCTION, STAGING = ALIAS[Stage.PRODUCTION], ALIAS[Stage.STAGING]
MOVE = StageMove(
    version=1,
    from_stage=Stage.STAGING,
    to_stage=Stage.PRODUCTION,
    time=datetime(2026, 3, 1, tzinfo=UTC),
    by=MovedBy.POLICY,
    reason=Reason.PROMOTED,
    message="MAE falls by 12 %",
)


class World(Protocol):
    """A registry with the hands of a trainer."""

    @property
    def registry(self) -> ModelRegistry:
        """The registry as the operator sees it."""

    def register(self, name: str, profile: bytes | None = None) -> str:
        """Add a complete version, better than its champion; the run id."""


class FakeWorld:
    def __init__(self) -> None:
        self.registry = FakeRegistry()

    def register(self, name: str, profile: bytes | None = None) -> str:
        run_id = uuid.uuid4().hex
        number = len(self.registry.models.get(name, RegisteredModel(name=name)).versions) + 1
        self.registry.register(name, complete_version(number, run_id))
        if profile is not None:
            self.registry.profiles[run_id] = profile
        return run_id


class RealWorld:
    def __init__(self, registry: MlflowRegistry, uri: str, folder: Path) -> None:
        self.registry = registry
        self._client = MlflowClient(uri, uri)
        self._folder = folder

    def register(self, name: str, profile: bytes | None = None) -> str:
        tags = {
            Tag.JOB_UID: "job-uid",
            Tag.SENSOR_MODEL_UID: "model-uid",
            Tag.DECISION_ID: "decision",
            Tag.CHAMPION_VERSION: "7",
            Tag.COMPARISON: "Better",
            Tag.DRIFT_PROFILE_DIGEST: "d" * 64,
            Tag.DATA_END: "2026-02-28T00:00:00+00:00",
            Tag.COMPLETE: "true",
        }
        metrics = {
            "candidate_mae": 0.04,
            "champion_mae": 0.05,
            METRIC_IMPROVEMENT_LOWER_PERCENT: 6.0,
            METRIC_IMPROVEMENT_UPPER_PERCENT: 30.0,
        }
        version = register_version(self._client, name, tags, metrics)
        if profile is not None:
            file = self._folder / Path(ARTIFACT_DRIFT_PROFILE).name
            file.write_bytes(profile)
            self._client.log_artifact(version.run_id, str(file), str(Path(ARTIFACT_DRIFT_PROFILE).parent))
        return str(version.run_id)


def complete_version(number: int, run_id: str) -> Version:
    return Version(
        version=number,
        run_id=run_id,
        create_time=datetime(2026, 3, 1, tzinfo=UTC),
        job_uid="job-uid",
        owner_uid="model-uid",
        decision_id="decision",
        is_complete=True,
        compared_with=7,
        comparison=ComparisonVerdict.BETTER,
        kpis={Subject.CANDIDATE: {Kpi.MAE: 0.04}, Subject.CHAMPION: {Kpi.MAE: 0.05}},
        improvement_interval=(6.0, 30.0),
        drift_profile_digest="d" * 64,
        data_end=datetime(2026, 2, 28, tzinfo=UTC),
    )


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    url: str = request.getfixturevalue("mlflow_server").url
    registry = MlflowRegistry(url)
    yield RealWorld(registry, url, tmp_path)
    registry.close()


@pytest.fixture
def name() -> str:
    """A registered model of this test's own."""
    return f"telemanom_{uuid.uuid4().hex}"


async def test_a_model_that_does_not_exist_has_neither_versions_nor_owner(world: World, name: str) -> None:
    assert await world.registry.read_model(name) == RegisteredModel(name=name)


async def test_a_version_is_read_with_what_the_trainer_said(world: World, name: str) -> None:
    run_id = world.register(name)
    (version,) = (await world.registry.read_model(name)).versions
    expected = complete_version(1, run_id)
    assert version.model_copy(update={"create_time": expected.create_time}) == expected


async def test_versions_come_newest_first(world: World, name: str) -> None:
    for _ in range(11):
        world.register(name)
    model = await world.registry.read_model(name)
    assert [version.version for version in model.versions] == list(range(11, 0, -1))


async def test_an_alias_moves_and_goes(world: World, name: str) -> None:
    world.register(name)
    world.register(name)
    holders = []
    for write in (
        SetAlias(model=name, alias=STAGING, version=1),
        SetAlias(model=name, alias=PRODUCTION, version=1),
        SetAlias(model=name, alias=PRODUCTION, version=2),
        DeleteAlias(model=name, alias=STAGING),
    ):
        await world.registry.write(write)
        model = await world.registry.read_model(name)
        holders.append((model.production, model.staging))
    assert holders == [(None, 1), (1, 1), (2, 1), (2, None)]


async def test_a_version_keeps_its_stage_its_moves_and_its_gate(world: World, name: str) -> None:
    world.register(name)
    gate = GateRecord(reason=Reason.PROMOTED, message="MAE falls by 12 %")
    await world.registry.write(RecordMoves(model=name, version=1, moves=(MOVE,)))
    await world.registry.write(SetStageTag(model=name, version=1, stage=Stage.PRODUCTION))
    await world.registry.write(SetGate(model=name, version=1, gate=gate))
    (version,) = (await world.registry.read_model(name)).versions
    assert (version.stage_tag, version.moves, version.gate) == (Stage.PRODUCTION, (MOVE,), gate)


async def test_a_claimed_model_names_its_owner(world: World, name: str) -> None:
    world.register(name)
    await world.registry.write(SetOwner(model=name, owner="plant/p-1", owner_uid="u-1", owner_cluster="c-1"))
    model = await world.registry.read_model(name)
    assert (model.owner, model.owner_uid, model.owner_cluster) == ("plant/p-1", "u-1", "c-1")


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(SetAlias(model="", alias=PRODUCTION, version=1), id="an alias"),
        pytest.param(DeleteAlias(model="", alias=STAGING), id="an alias that is not there"),
        pytest.param(RecordMoves(model="", version=1, moves=(MOVE,)), id="moves"),
        pytest.param(SetStageTag(model="", version=1, stage=Stage.ARCHIVED), id="a stage"),
        pytest.param(SetOwner(model="", owner="plant/p-1", owner_uid="u-1"), id="an owner"),
    ],
)
async def test_writing_twice_is_writing_once(world: World, name: str, write: RegistryWrite) -> None:
    world.register(name)
    write = write.model_copy(update={"model": name})
    await world.registry.write(write)
    once = await world.registry.read_model(name)
    await world.registry.write(write)
    assert await world.registry.read_model(name) == once


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(SetAlias(model="", alias=PRODUCTION, version=2), id="an alias"),
        pytest.param(RecordMoves(model="", version=2, moves=(MOVE,)), id="moves"),
        pytest.param(SetStageTag(model="", version=2, stage=Stage.ARCHIVED), id="a stage"),
    ],
)
async def test_writing_to_a_version_that_is_gone_is_a_conflict(world: World, name: str, write: RegistryWrite) -> None:
    world.register(name)
    with pytest.raises(Conflict):
        await world.registry.write(write.model_copy(update={"model": name}))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(SetAlias(model="", alias=PRODUCTION, version=1), id="an alias"),
        pytest.param(DeleteAlias(model="", alias=STAGING), id="taking an alias away"),
        pytest.param(SetOwner(model="", owner="plant/p-1", owner_uid="u-1"), id="an owner"),
    ],
)
async def test_writing_to_a_model_that_is_gone_is_a_conflict(world: World, name: str, write: RegistryWrite) -> None:
    with pytest.raises(Conflict):
        await world.registry.write(write.model_copy(update={"model": name}))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(SetAlias(model="", alias=PRODUCTION, version=1), id="an alias"),
        pytest.param(SetStageTag(model="", version=1, stage=Stage.STAGING), id="the stage of the newest version"),
        pytest.param(SetOwner(model="", owner="plant/p-1", owner_uid="u-1"), id="an owner"),
    ],
)
async def test_a_write_changes_the_fingerprint_of_its_model_only(world: World, name: str, write: RegistryWrite) -> None:
    other = f"{name}_other"
    world.register(name)
    world.register(other)
    before = await world.registry.sweep()
    await world.registry.write(write.model_copy(update={"model": name}))
    after = await world.registry.sweep()
    assert after[name] != before[name]
    assert after[other] == before[other]


async def test_a_new_version_changes_the_fingerprint(world: World, name: str) -> None:
    world.register(name)
    before = await world.registry.sweep()
    world.register(name)
    assert (await world.registry.sweep())[name] != before[name]


async def test_a_profile_is_read_byte_for_byte(world: World, name: str) -> None:
    run_id = world.register(name, profile=b"\x00profile\xff")
    assert await world.registry.read_profile(run_id) == b"\x00profile\xff"


async def test_a_profile_that_is_missing_is_not_found(world: World, name: str) -> None:
    run_id = world.register(name)
    with pytest.raises(NotFound):
        await world.registry.read_profile(run_id)
