"""What `KubernetesCluster` does with a real API server beyond the contract."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcluster import Cluster
from model_operator.api.vocabulary import Reason
from model_operator.gateways.api_server import ApiServer
from model_operator.gateways.errors import GatewayError, Permanent
from model_operator.gateways.kube import KubernetesCluster
from model_operator.gateways.resources import Resource
from tests.gateways.objects import Object, announcement, regarding, sensor_model, trainer_job

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


async def connect(kubeconfig: Path) -> ApiServer:
    return await ApiServer.connect(kubeconfig=str(kubeconfig), context=None, connections=8, timeout_seconds=60.0)


@pytest.fixture
async def session(api_server: Cluster) -> AsyncIterator[ApiServer]:
    opened = await connect(api_server.kubeconfig)
    yield opened
    await opened.close()


@pytest.fixture
def kube(session: ApiServer, namespace: str) -> KubernetesCluster:
    return KubernetesCluster(session, namespaces=(namespace,), reporting_instance="operator-7d9f")


async def create_model(session: ApiServer, namespace: str, name: str = "p-1") -> Object:
    return await session.post(Resource.SENSOR_MODEL.value.path(namespace), sensor_model(namespace, name))


async def refusal(kube: KubernetesCluster, namespace: str, manifest: Object) -> Permanent:
    with pytest.raises(Permanent) as refused:
        await kube.create_job(namespace, manifest)
    return refused.value


async def events(session: ApiServer, namespace: str) -> list[Object]:
    return list((await session.get(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"))["items"])


async def test_a_list_of_more_than_one_page_is_complete(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    wanted = {f"sensor-{number}" for number in range(501)}
    free = asyncio.Semaphore(8)  # waiting for a connection counts as part of a call

    async def create(name: str) -> None:
        async with free:
            await create_model(session, namespace, name)

    await asyncio.gather(*map(create, wanted))
    assert {found["metadata"]["name"] async for found in kube.list_objects(Resource.SENSOR_MODEL)} == wanted


async def test_without_namespaces_the_whole_cluster_is_listed(session: ApiServer, namespace: str) -> None:
    await create_model(session, namespace)
    everywhere = KubernetesCluster(session, reporting_instance="test")
    found = {item["metadata"]["namespace"] async for item in everywhere.list_objects(Resource.SENSOR_MODEL)}
    assert namespace in found


async def test_jobs_of_others_are_not_listed(session: ApiServer, kube: KubernetesCluster, namespace: str) -> None:
    owner = await create_model(session, namespace)
    await kube.create_job(namespace, trainer_job(owner, "ours"))
    await kube.create_job(namespace, trainer_job(owner, "theirs", labelled=False))
    assert [job["metadata"]["name"] async for job in kube.list_objects(Resource.JOB)] == ["ours"]


async def test_an_invalid_job_is_refused_in_the_servers_words(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    manifest = trainer_job(await create_model(session, namespace))
    manifest["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    error = await refusal(kube, namespace, manifest)
    assert error.reason is Reason.JOB_REFUSED
    assert "restartPolicy" in str(error)


async def test_a_job_beyond_the_quota_is_refused(
    api_server: Cluster, session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    api_server.kubectl("--namespace", namespace, "create", "quota", "none", "--hard=count/jobs.batch=0")
    api_server.kubectl(
        *("--namespace", namespace, "wait", "--for=jsonpath={.status.hard.count/jobs\\.batch}=0", "quota/none")
    )
    error = await refusal(kube, namespace, trainer_job(await create_model(session, namespace)))
    assert error.reason is Reason.JOB_REFUSED
    assert "exceeded quota: none" in str(error)


async def test_a_job_in_a_namespace_that_does_not_exist_is_refused(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    error = await refusal(kube, "nowhere", trainer_job(await create_model(session, namespace)))
    assert error.reason is Reason.JOB_REFUSED
    assert 'namespaces "nowhere" not found' in str(error)


async def test_a_missing_right_is_named(api_server: Cluster, namespace: str) -> None:
    stranger = await connect(api_server.kubeconfig_for("stranger"))
    kube = KubernetesCluster(stranger, namespaces=(namespace,), reporting_instance="test")
    with pytest.raises(Permanent, match='"stranger" cannot list resource "sensormodels"') as refused:
        [item async for item in kube.list_objects(Resource.SENSOR_MODEL)]
    assert refused.value.reason is Reason.CLUSTER_REFUSED
    await stranger.close()


async def test_the_status_belongs_to_one_field_manager(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    created = await create_model(session, namespace)
    stored = await kube.apply_status(
        Resource.SENSOR_MODEL,
        namespace,
        "p-1",
        {"observedGeneration": 1},
        resource_version=created["metadata"]["resourceVersion"],
    )
    managers = {
        (entry["manager"], entry["operation"])
        for entry in stored["metadata"]["managedFields"]
        if entry.get("subresource") == "status"
    }
    assert managers == {("sensor-model-operator", "Apply")}


async def test_a_status_that_the_schema_refuses_is_permanent(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    created = await create_model(session, namespace)
    with pytest.raises(Permanent, match="observedGeneration"):
        await kube.apply_status(
            Resource.SENSOR_MODEL,
            namespace,
            "p-1",
            {"observedGeneration": -2},
            resource_version=created["metadata"]["resourceVersion"],
        )


async def test_an_event_says_who_did_what_about_which_object(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    model = regarding(await create_model(session, namespace))
    await kube.record_event(model, announcement(), NOW)
    (event,) = await events(session, namespace)
    said = {key: event[key] for key in ("type", "reason", "action", "note", "eventTime")}
    assert said == {
        "type": "Normal",
        "reason": "TrainingStarted",
        "action": "Train",
        "note": "drift 0.74 reaches Moderate",
        "eventTime": "2026-03-01T12:00:00.250000Z",
    }
    assert (event["reportingController"], event["reportingInstance"]) == (
        "sensormodel.io/sensor-model-operator",
        "operator-7d9f",
    )
    assert event["regarding"] == {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "namespace": namespace,
        "name": "p-1",
        "uid": model.uid,
    }
    assert event["related"] == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "namespace": namespace,
        "name": "p-1-0a1b2c",
    }


async def test_an_event_about_a_policy_says_so(session: ApiServer, kube: KubernetesCluster, namespace: str) -> None:
    about = {"kind": "RetrainingPolicy", "metadata": {"namespace": namespace, "name": "default", "uid": "u"}}
    await kube.record_event(regarding(about), announcement(job=None), NOW)
    (event,) = await events(session, namespace)
    assert (event["regarding"]["kind"], event["regarding"]["name"]) == ("RetrainingPolicy", "default")
    assert "related" not in event


async def test_a_repeat_says_when_it_was_last_observed(
    session: ApiServer, kube: KubernetesCluster, namespace: str
) -> None:
    model = regarding(await create_model(session, namespace))
    await kube.record_event(model, announcement(), NOW)
    await kube.record_event(model, announcement(), NOW.replace(hour=13))
    (event,) = await events(session, namespace)
    assert event["series"] == {"count": 2, "lastObservedTime": "2026-03-01T13:00:00.250000Z"}


async def test_a_note_is_cut_to_what_the_api_takes(session: ApiServer, kube: KubernetesCluster, namespace: str) -> None:
    model = regarding(await create_model(session, namespace))
    await kube.record_event(model, announcement(note="ü" * 1000), NOW)
    (event,) = await events(session, namespace)
    assert event["note"] == "ü" * 510 + "…"


async def test_the_longest_name_has_events_too(session: ApiServer, kube: KubernetesCluster, namespace: str) -> None:
    model = regarding({"metadata": {"namespace": namespace, "name": "x" * 253, "uid": "u"}})
    await kube.record_event(model, announcement(), NOW)
    assert [event["regarding"]["name"] for event in await events(session, namespace)] == ["x" * 253]


async def test_no_event_can_be_written_into_a_namespace_that_is_gone(kube: KubernetesCluster) -> None:
    model = regarding({"metadata": {"namespace": "nowhere", "name": "p-1", "uid": "u"}})
    with pytest.raises(GatewayError, match='namespaces "nowhere" not found'):
        await kube.record_event(model, announcement(), NOW)


async def test_the_operators_rights_are_enough(api_server: Cluster, namespace: str) -> None:
    """Every call, and every call's second try, by a user who has the generated role and nothing else."""
    api_server.kubectl("apply", "--server-side", "-f", str(ROOT / "manifests/base/rbac.yaml"))
    binding = ("--clusterrole=sensor-model-operator", "--user=operator")
    api_server.kubectl("--namespace", namespace, "create", "rolebinding", "operator", *binding)
    session = await connect(api_server.kubeconfig_for("operator"))
    kube = KubernetesCluster(session, namespaces=(namespace,), reporting_instance="test")
    api_server.kubectl("create", "-f", "-", stdin=json.dumps(sensor_model(namespace)))
    (model,) = [found async for found in kube.list_objects(Resource.SENSOR_MODEL)]
    for _ in range(2):
        await kube.create_job(namespace, trainer_job(model))
        seen = model["metadata"]["resourceVersion"]
        status = {"observedGeneration": 1}
        model = await kube.apply_status(Resource.SENSOR_MODEL, namespace, "p-1", status, resource_version=seen)
        await kube.record_event(regarding(model), announcement(), NOW)
    for resource in Resource:
        assert [found["kind"] async for found in kube.list_objects(resource)] in ([], [resource.value.kind])
    await session.close()


async def test_a_cluster_is_known_by_the_uid_of_its_namespace_kube_system(
    api_server: Cluster, kube: KubernetesCluster
) -> None:
    uid = api_server.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert await kube.identify() == uid
