"""What `MlflowRegistry` does with a real MLflow server beyond the contract."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Kpi, Subject, Tag
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import SetAlias
from model_operator.gateways.errors import Permanent, Transient
from model_operator.gateways.registry import MlflowRegistry
from tests.gateways.mlflow_objects import register_version

COMPLETE = {Tag.COMPLETE: "true"}
MAE = {"candidate_mae": 0.04}
KPIS = {Subject.CANDIDATE: {Kpi.MAE: 0.04}}


@pytest.fixture
def registry(mlflow_server: MlflowServer) -> Iterator[MlflowRegistry]:
    made = MlflowRegistry(mlflow_server.url)
    yield made
    made.close()


@pytest.fixture
def client(mlflow_server: MlflowServer) -> MlflowClient:
    return MlflowClient(mlflow_server.url, mlflow_server.url)


@pytest.fixture
def name() -> str:
    """A registered model of this test's own."""
    return f"telemanom_{uuid.uuid4().hex}"


async def test_the_metrics_of_an_unfinished_version_are_not_read(
    registry: MlflowRegistry, client: MlflowClient, name: str
) -> None:
    register_version(client, name, {}, MAE)
    assert (await registry.read_model(name)).versions[0].kpis == {}


async def test_a_version_whose_run_is_deleted_has_no_kpis(
    registry: MlflowRegistry, client: MlflowClient, name: str
) -> None:
    client.delete_run(register_version(client, name, COMPLETE, MAE).run_id)
    assert (await registry.read_model(name)).versions[0].kpis == {}


async def test_the_metrics_of_a_run_are_read_once(registry: MlflowRegistry, client: MlflowClient, name: str) -> None:
    run_id = register_version(client, name, COMPLETE, MAE).run_id
    await registry.read_model(name)
    client.delete_run(run_id)
    assert (await registry.read_model(name)).versions[0].kpis == KPIS


async def test_deleting_a_version_takes_its_alias(registry: MlflowRegistry, client: MlflowClient, name: str) -> None:
    register_version(client, name, COMPLETE, MAE)
    client.set_registered_model_alias(name, "production", "1")
    client.delete_model_version(name, "1")
    model = await registry.read_model(name)
    assert (model.production, model.versions) == (None, ())


async def test_a_name_with_a_quote_is_searched_literally(
    registry: MlflowRegistry, client: MlflowClient, name: str
) -> None:
    register_version(client, name, {}, {})
    quoted = f"{name}' OR name LIKE '%"
    client.create_registered_model(quoted)
    assert (await registry.read_model(quoted)).versions == ()


async def test_a_file_larger_than_any_profile_is_not_downloaded(
    registry: MlflowRegistry, client: MlflowClient, name: str, tmp_path: Path
) -> None:
    run_id = register_version(client, name, {}, {}).run_id
    file = tmp_path / "profile.bin"
    with file.open("wb") as handle:
        handle.truncate(16 * 2**20 + 1)
    client.log_artifact(run_id, str(file), "drift")
    with pytest.raises(Permanent, match="16777217 bytes") as refused:
        await registry.read_profile(run_id)
    assert refused.value.reason is Reason.NO_DRIFT_PROFILE


async def test_a_model_made_anew_under_its_name_has_another_fingerprint(
    registry: MlflowRegistry, client: MlflowClient, name: str
) -> None:
    client.create_registered_model(name)
    before = (await registry.sweep())[name]
    client.delete_registered_model(name)
    client.create_registered_model(name)
    assert (await registry.sweep())[name] != before


async def test_a_process_that_does_not_lead_reads_and_writes_nothing(
    mlflow_server: MlflowServer, client: MlflowClient, name: str
) -> None:
    register_version(client, name, COMPLETE, MAE)
    standby = MlflowRegistry(mlflow_server.url, may_write=lambda: False)
    with pytest.raises(Transient, match="not sent, because this process does not lead"):
        await standby.write(SetAlias(model=name, alias="production", version=1))
    assert (await standby.read_model(name)).production is None
    standby.close()
