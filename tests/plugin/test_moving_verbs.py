"""`promote` and `rollback` on a real API server: what is written, what is said, and how they end."""

import re

import pytest

from sensormodel.connection import Connection
from tests.client.test_cluster import served
from tests.cluster.api.server import Api
from tests.plugin.program import Program
from tests.plugin.test_reading_verbs import store

REQUEST = "sensormodel.io/promote-version"


def annotation(api: Api) -> str | None:
    value = api.get("sensormodel", "p-1")["metadata"].get("annotations", {}).get(REQUEST)
    return None if value is None else str(value)


def pin(api: Api) -> int | None:
    version: int | None = api.get("sensormodel", "p-1")["spec"].get("productionVersion")
    return version


@pytest.mark.parametrize(
    ("arguments", "version", "asked"),
    [
        pytest.param(("promote", "p-1", "--version", "7"), 7, "asked to Production", id="promote names a version"),
        pytest.param(("rollback", "p-1"), 5, "asked back to Production", id="rollback means the version before"),
        pytest.param(("rollback", "p-1", "--to", "4"), 4, "asked back to Production", id="rollback names a version"),
    ],
)
def test_a_request_is_the_version_the_person_and_the_time(
    api: Api, plugin: Program, arguments: tuple[str, ...], version: int, asked: str
) -> None:
    served(api, 5, 6)
    answer = plugin(*arguments)
    value = annotation(api) or ""
    who = Connection.connect(api.cluster.kubeconfig, None, api.namespace).who() or "nobody"
    assert re.fullmatch(rf"{version}@{re.escape(who)}/\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        f"Version {version} of {api.namespace}/p-1 is {asked} ({REQUEST}='{value}').",
        f"The operator moves it within seconds, or says why not: kubectl sensormodel history p-1 -n {api.namespace}",
    ]


def test_promote_without_a_version_means_the_one_that_awaits_approval(api: Api, plugin: Program) -> None:
    store(api, "approval is awaited")
    assert plugin("promote", "p-1").code == 0
    assert (annotation(api) or "").startswith("2@")


def test_what_serves_already_is_not_asked_for(api: Api, plugin: Program) -> None:
    served(api, 5, 6)
    answer = plugin("promote", "p-1", "--version", "6")
    assert (0, f"Version 6 of {api.namespace}/p-1 is Production already.\n") == (answer.code, answer.out)
    assert annotation(api) is None


def test_with_nothing_to_go_back_to_nothing_is_written(api: Api, plugin: Program) -> None:
    served(api, 5)
    answer = plugin("rollback", "p-1")
    assert (answer.code, answer.out, annotation(api)) == (1, "", None)
    assert answer.err == (
        f"error: no earlier Production version of {api.namespace}/p-1 is on record, so there is nothing to go back to\n"
        "Name the version to go back to; the registered model may have others.\n"
    )


@pytest.mark.parametrize("arguments", [("promote", "p-1", "--version", "7"), ("rollback", "p-1")], ids=" ".join)
def test_a_pin_refuses_and_says_where_to_change_it(api: Api, plugin: Program, arguments: tuple[str, ...]) -> None:
    served(api, 5, 6, pin=6)
    answer = plugin(*arguments)
    assert (answer.code, answer.out, annotation(api), pin(api)) == (1, "", None, 6)
    assert answer.err == (
        f"error: spec.productionVersion pins {api.namespace}/p-1 to version 6: requests do nothing while it stands\n"
        "Change the pin where the spec is kept, for example in Git. "
        "Or write it into the cluster with --pin (in Python: pin=True).\n"
    )


@pytest.mark.parametrize(
    ("label", "warning"),
    [
        pytest.param(
            None,
            "automatic promotion rests while the pin stands; if the spec is kept in Git, change it there, too",
            id="nobody is known to keep the spec",
        ),
        pytest.param(
            "argocd.argoproj.io/instance=plant",
            "Argo CD keeps this object and will put the old spec back: change productionVersion in its source, too",
            id="Argo CD keeps the spec",
        ),
    ],
)
def test_pin_writes_the_spec_and_warns(api: Api, plugin: Program, label: str | None, warning: str) -> None:
    served(api, 5, 6, pin=6)
    if label:
        api.kubectl("label", "sensormodel", "p-1", label)
    answer = plugin("rollback", "p-1", "--pin")
    assert (answer.code, pin(api), annotation(api)) == (0, 5, None)
    assert answer.out.splitlines()[0] == f"spec.productionVersion of {api.namespace}/p-1 is 5."
    assert answer.err == f"warning: {warning}\n"


def test_waiting_ends_with_0_once_the_version_serves(api: Api, plugin: Program) -> None:
    served(api, 5, 6)
    api.set_status("sensormodel", "p-1", {"observedGeneration": 2})  # that of the pin
    answer = plugin("promote", "p-1", "--version", "6", "--pin", "--wait")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "Version 6 is Production since 2026-11-24 01:00:00Z.")


def test_waiting_ends_with_1_when_the_operator_refuses(api: Api, plugin: Program) -> None:
    served(api, 5, 6)
    said = {"time": "2026-11-24T12:00:00Z", "action": "None", "reason": "VersionNotFound", "message": "no version 9"}
    api.set_status("sensormodel", "p-1", {"observedGeneration": 2, "lastDecision": said})  # that of the pin
    answer = plugin("promote", "p-1", "--version", "9", "--pin", "--wait")
    assert answer.code == 1
    assert f"error: version 9 of {api.namespace}/p-1 is not Production: no version 9\n" in answer.err


def test_waiting_ends_with_4_when_the_operator_does_not_act_in_time(api: Api, plugin: Program) -> None:
    served(api, 5, 6)
    answer = plugin("rollback", "p-1", "--wait", "--timeout", "0s")
    assert answer.code == 4
    assert answer.err.startswith(f"error: {api.namespace}/p-1 was not as expected after 0 s.")


@pytest.mark.parametrize("arguments", [("promote", "p-1", "--version", "7"), ("rollback", "p-1")], ids=" ".join)
def test_a_timeout_that_cannot_be_read_asks_for_nothing(api: Api, plugin: Program, arguments: tuple[str, ...]) -> None:
    served(api, 5, 6)
    answer = plugin(*arguments, "--wait", "--timeout", "soon")
    assert (answer.code, annotation(api)) == (2, None)
    assert answer.err.startswith("error: --timeout: 'soon' is not a duration")
