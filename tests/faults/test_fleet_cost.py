"""What a fleet of 200 models asks of a real MLflow at rest, over restarts of MLflow and of the operator."""

import asyncio
import math
import sqlite3
from pathlib import Path

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Tag
from tests.faults.fault_proxy import FaultProxy
from tests.faults.plant import Plant, registered

MODELS = 200
PAGE = 200  # registered models


def fill(database: Path, names: list[str]) -> None:
    """A registered model with one Production version for each name, as the operator would leave it."""
    moves = '[{"version":1,"from":"None","to":"Production","time":"2026-01-01T00:00:00Z","by":"Policy","reason":"Promoted","message":""}]'
    now, run, source = 1_767_225_600_000, "0" * 32, "mlflow-artifacts:/0"
    with sqlite3.connect(database, timeout=30) as connection:
        for name in names:
            model = registered(name)
            owner = {Tag.OWNER: f"plant/{name}", Tag.OWNER_UID: f"uid-{name}"}
            said = {Tag.COMPLETE: "true", Tag.STAGE: "Production", Tag.STAGE_MOVES: moves}
            connection.execute(
                "INSERT INTO registered_models (name, creation_time, last_updated_time) VALUES (?, ?, ?)",
                (model, now, now),
            )
            connection.execute(
                "INSERT INTO model_versions (name, version, creation_time, last_updated_time, current_stage, source,"
                " run_id, status) VALUES (?, 1, ?, ?, 'None', ?, ?, 'READY')",
                (model, now, now, source, run),
            )
            connection.execute(
                "INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, 'production', 1)", (model,)
            )
            connection.executemany(
                "INSERT INTO registered_model_tags (name, key, value) VALUES (?, ?, ?)",
                [(model, key.value, value) for key, value in owner.items()],
            )
            connection.executemany(
                "INSERT INTO model_version_tags (name, version, key, value) VALUES (?, 1, ?, ?)",
                [(model, key.value, value) for key, value in said.items()],
            )


def registered_models(database: Path) -> int:
    with sqlite3.connect(database, timeout=30) as connection:
        return int(connection.execute("SELECT count(*) FROM registered_models").fetchone()[0])


async def test_at_rest_a_sweep_is_one_request_per_200_models_whoever_was_restarted(
    plant: Plant, proxy: FaultProxy, mlflow: MlflowServer, database: Path, name: str
) -> None:
    names = [f"{name}-{number}" for number in range(MODELS)]
    fill(database, names)
    never = {"triggers": {"schedule": {"enabled": False}, "drift": {"enabled": False},
                          "performance": {"enabled": False}, "dataQuality": {"enabled": False}}}  # fmt: skip
    await plant.sweeps()
    plant.apply(*names, policy=never)
    await at_rest(plant, names)
    pages = math.ceil(registered_models(database) / PAGE)
    assert await requests_per_sweep(plant, proxy) == pages

    await asyncio.to_thread(mlflow.stop)
    await plant.until(lambda: plant.calls("registry.sweep", "Transient") >= 1, expected=True)
    await asyncio.to_thread(mlflow.start)
    await plant.sweeps()
    assert await requests_per_sweep(plant, proxy) == pages

    await plant.__aexit__(None, None, None)
    before, since = list(plant.cluster.writes), len(proxy.asked)
    await plant.__aenter__()
    await plant.until(lambda: plant.calls("registry.read_model", "OK"), float(MODELS))
    await plant.sweeps()
    assert proxy.count("registered-models/get|model-versions/search", since) == 2 * MODELS
    assert plant.cluster.writes == before
    assert plant.jobs(names[0]) == []
    assert await requests_per_sweep(plant, proxy) == pages


async def at_rest(plant: Plant, names: list[str]) -> None:
    for each in names:
        await plant.until(lambda each=each: plant.condition(each, "Ready")[0], "True")  # type: ignore[misc]
    await plant.sweeps()


async def requests_per_sweep(plant: Plant, proxy: FaultProxy) -> float:
    """Requests of any kind over two sweeps, for each of them."""
    await plant.sweeps(1)
    since, swept = len(proxy.asked), plant.calls("registry.sweep", "OK")
    await plant.sweeps(2)
    return (len(proxy.asked) - since) / (plant.calls("registry.sweep", "OK") - swept)
