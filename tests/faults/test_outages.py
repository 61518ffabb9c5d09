"""MLflow is away, slow, overloaded, or is something else: F38 to F44."""

import asyncio
import threading
from collections import Counter
from functools import partial

import pytest

from model_operator.shell.registry_view import PLACES
from tests.faults.fault_proxy import FaultProxy, answer, edit, hang, refuse
from tests.faults.plant import Plant, registered
from tests.proxies.http_proxy import Answer, Forward

UNAVAILABLE = ("False", "RegistryUnavailable")
IN_SYNC = ("True", "InSync")
EVERYTHING = "/api/2.0/mlflow"
SWEEP = "registered-models/search"


async def test_mlflow_that_is_down_at_the_start_is_told_and_a_model_keeps_its_last_truth(
    plant: Plant, proxy: FaultProxy, name: str
) -> None:
    await plant.serve(name)
    await plant.__aexit__(None, None, None)
    with proxy.rule(EVERYTHING, refuse()):
        await plant.__aenter__()
        await plant.until(lambda: plant.condition(name, "RegistryInSync"), UNAVAILABLE)
        assert plant.condition(name, "Ready") == ("True", "UpToDate")
        assert plant.production(name) == 1
        assert "check that the server runs" in plant.message(name)
    await plant.until(lambda: plant.condition(name, "RegistryInSync"), IN_SYNC)
    assert plant.truth(name)["aliases"] == {"production": 1}
    assert plant.jobs(name) == []


async def test_a_version_that_came_while_mlflow_was_away_is_promoted_after_its_return(
    plant: Plant, proxy: FaultProxy, name: str
) -> None:
    plant.apply(name)
    await plant.until(lambda: len(plant.jobs(name)), 1)
    job = plant.job(name)
    with proxy.rule(EVERYTHING, refuse()):
        plant.register(name, job_uid=job["metadata"]["uid"])
        plant.end(job)
        await plant.until(lambda: plant.condition(name, "RegistryInSync"), UNAVAILABLE)
        assert plant.condition(name, "Training") == ("True", "TrainingStarted")
        assert plant.truth(name)["aliases"] == {}
    await plant.until(lambda: plant.production(name), 1)
    assert plant.truth(name) == {
        "aliases": {"production": 1},
        "stages": {1: "Production"},
        "moves": {1: ["Staging", "Production"]},
    }
    assert len(plant.jobs(name)) == 1


async def test_while_mlflow_never_answers_models_that_need_it_leave_all_workers_to_those_that_do_not(
    plant: Plant, proxy: FaultProxy, name: str
) -> None:
    await plant.serve(name)
    needy = [f"{name}-{number}" for number in range(40)]  # more than there are workers
    for each in needy:
        plant.client.create_registered_model(registered(each))
    await plant.sweeps()
    released = threading.Event()
    with proxy.rule(rf"registered-models/get.*{registered(name)}-", hang(released)):
        since = len(proxy.asked)
        plant.apply(*needy)
        await plant.until(lambda: proxy.count("registered-models/get", since), PLACES)
        plant.annotate(name, retrain_requested_at="now")
        await plant.until(lambda: len(plant.jobs(name)), 1)  # while those calls hang
        assert proxy.count("registered-models/get", since) == PLACES
        assert not any(plant.jobs(each) for each in needy)
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("mlflow")]
        assert len(threads) <= 8
    released.set()
    await plant.until(lambda: all(plant.jobs(each) for each in needy), expected=True)
    assert Counter(len(plant.jobs(each)) for each in needy) == {1: 40}


async def test_one_read_that_fails_ends_the_wait_of_all_who_stand_in_line(
    plant: Plant, proxy: FaultProxy, name: str
) -> None:
    needy = [f"{name}-{number}" for number in range(12)]
    for each in needy:
        plant.client.create_registered_model(registered(each))
    await plant.sweeps()
    with proxy.rule("registered-models/get", refuse()), proxy.rule(SWEEP, refuse()):
        since = len(proxy.asked)
        plant.apply(*needy)
        for each in needy:
            await plant.until(partial(plant.condition, each, "RegistryInSync"), UNAVAILABLE)
        assert proxy.count("registered-models/get", since) <= PLACES
    for each in needy:
        await plant.until(partial(plant.condition, each, "RegistryInSync"), IN_SYNC)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_an_overloaded_server_is_asked_by_the_sweep_alone_and_the_failures_are_counted(
    plant: Plant, proxy: FaultProxy, name: str, status: int
) -> None:
    plant.client.create_registered_model(registered(name))
    await plant.sweeps()
    with proxy.rule(EVERYTHING, answer(status, "busy")) as rule:
        await plant.until(lambda: rule.used >= 1, expected=True)
        plant.apply(name)
        await plant.until(lambda: plant.condition(name, "RegistryInSync"), UNAVAILABLE)
        assert str(status) in plant.message(name)
        since, used = len(proxy.asked), rule.used
        await plant.until(lambda: rule.used >= used + 2, expected=True)
        assert [asked.path for asked in proxy.asked[since:] if "registered-models/search" not in asked.path] == []
        assert plant.calls("registry.sweep", "Transient") >= 1
    await plant.until(lambda: len(plant.jobs(name)), 1)


async def test_a_server_that_asks_for_a_pause_gets_it(plant: Plant, proxy: FaultProxy, name: str) -> None:
    plant.client.create_registered_model(registered(name))
    await plant.sweeps()
    failed = plant.calls("registry.sweep", "Transient")
    with proxy.rule(SWEEP, answer(429, "busy", Retry_After="3600"), times=1):
        await plant.until(lambda: plant.calls("registry.sweep", "Transient"), failed + 1)
        since = len(proxy.asked)
        plant.apply(name)
        await plant.until(lambda: plant.condition(name, "RegistryInSync"), UNAVAILABLE)
        await asyncio.sleep(2.5)  # without the word of the server the pause would be 0.5 s
        assert proxy.asked[since:] == []
        assert [t for t in threading.enumerate() if t.name.startswith("mlflow")]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(answer(200, "<html>Welcome</html>", Content_Type="text/html"), id="a page of a proxy"),
        pytest.param(answer(200, ""), id="nothing"),
        pytest.param(answer(200, "200 OK"), id="OK"),
        pytest.param(answer(200, "{}"), id="an empty object"),
        pytest.param(answer(404, "not found"), id="a 404 that is not MLflow's"),
        pytest.param(edit(lambda body: body[: len(body) // 2]), id="half an answer"),
        pytest.param(answer(200, '{"registered_models": {"name": 7}}'), id="JSON of another shape"),
        pytest.param(answer(200, '{"registered_models": [], "next_page_token": "again"}'), id="a list without end"),
    ],
)
async def test_what_is_not_mlflows_word_starts_no_training_and_moves_nothing(
    plant: Plant, proxy: FaultProxy, name: str, fault: object
) -> None:
    await plant.serve(name)
    await plant.__aexit__(None, None, None)
    other = f"{name}-new"
    before = plant.truth(name)
    with proxy.rule(EVERYTHING, fault):  # type: ignore[arg-type]
        plant.apply(other)
        await plant.__aenter__()
        for each in (name, other):
            await plant.until(partial(plant.condition, each, "RegistryInSync"), UNAVAILABLE)
        assert plant.production(name) == 1
        assert [plant.jobs(each) for each in (name, other)] == [[], []]
    assert plant.truth(name) == before
    await plant.until(lambda: len(plant.jobs(other)), 1)


async def test_an_empty_list_of_versions_is_no_model_without_versions(
    plant: Plant, proxy: FaultProxy, name: str
) -> None:
    plant.register(name)
    await plant.sweeps()
    with proxy.rule("model-versions/search", answer(200, "{}"), times=1):
        plant.apply(name)
        await plant.until(lambda: plant.production(name), 1)
    assert plant.jobs(name) == []


async def test_an_empty_page_with_a_token_is_not_the_end(plant: Plant, proxy: FaultProxy, name: str) -> None:
    async def first_page(forward: Forward) -> Answer:
        return await forward(f"/api/2.0/mlflow/{SWEEP}?max_results=200&order_by=name+ASC")

    plant.register(name)
    empty = '{"registered_models": [], "next_page_token": "2"}'
    with (
        proxy.rule(f"{SWEEP}(?!.*page_token)", answer(200, empty)),
        proxy.rule(f"{SWEEP}.*page_token=2", first_page) as second,
    ):
        await plant.sweeps()
        assert second.used >= 1
        plant.apply(name)
        await plant.until(lambda: plant.production(name), 1)
    assert plant.jobs(name) == []


async def test_a_redirect_to_another_host_is_refused_and_takes_no_credentials_along(
    plant: Plant, proxy: FaultProxy, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "canary-secret")
    plant.client.create_registered_model(registered(name))
    await plant.sweeps()
    assert proxy.asked[-1].headers["Authorization"] == "Bearer canary-secret"
    with FaultProxy(proxy.upstream) as elsewhere, proxy.rule(EVERYTHING, answer(302, Location=elsewhere.url)):
        plant.apply(name)
        await plant.until(lambda: plant.condition(name, "RegistryInSync"), UNAVAILABLE)
        assert "redirects are not followed" in plant.message(name)
        assert elsewhere.asked == []
    assert "canary-secret" not in str(plant.cluster.objects)


@pytest.mark.parametrize("status", [401, 403])
async def test_what_mlflow_refuses_for_one_model_concerns_no_other(
    plant: Plant, proxy: FaultProxy, name: str, status: int
) -> None:
    other = f"{name}-other"
    for each in (name, other):
        plant.register(each)
    await plant.sweeps()
    with proxy.rule(rf"registered-models/get\?.*{registered(name)}(?!-)", answer(status, "no")):
        plant.apply(name, other)
        await plant.until(lambda: plant.condition(name, "RegistryInSync"), UNAVAILABLE)
        await plant.until(lambda: plant.production(other), 1)
        assert "MLFLOW_TRACKING_TOKEN" in plant.message(name)
        assert plant.condition(other, "RegistryInSync") == IN_SYNC
    await plant.until(lambda: plant.production(name), 1)


async def test_an_outage_costs_a_fleet_at_rest_no_write(plant: Plant, proxy: FaultProxy, name: str) -> None:
    names = [f"{name}-{number}" for number in range(5)]
    await plant.serve(*names)
    await plant.sweeps()
    before = [write for write in plant.cluster.writes if write[2] in names]
    with proxy.rule(EVERYTHING, refuse()) as rule:
        await plant.until(lambda: rule.used >= 2, expected=True)
        assert [write for write in plant.cluster.writes if write[2] in names] == before
    await plant.sweeps()
    assert [write for write in plant.cluster.writes if write[2] in names] == before
