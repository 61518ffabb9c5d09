"""Which version a promotion or a rollback means, from the status alone."""

from datetime import timedelta

import pytest

from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason
from sensormodel.errors import InvalidRequest, Refused
from sensormodel.objects import Model
from sensormodel.requests import (
    keeper_of,
    promotion_value,
    refuse_while_pinned,
    training_value,
    version_to_approve,
    version_to_return_to,
)
from sensormodel.versions import previous_production
from tests.builders import T0


def status(*promoted: int, staging: int | None = None, reason: Reason = Reason.UP_TO_DATE) -> SensorModelStatus:
    """The status after versions have become Production in that order."""
    moves = [
        {
            "version": version,
            "from": "Staging",
            "to": "Production",
            "time": T0 + timedelta(hours=hour),
            "by": "Policy",
            "reason": "Promoted",
            "message": "better",
        }
        for hour, version in enumerate(promoted)
    ]
    holders = {"production": promoted[-1] if promoted else None, "staging": staging}
    return SensorModelStatus.model_validate(
        {
            "stageHistory": moves[::-1],
            "stages": {
                stage: {"version": version, "runID": "run", "modelURI": "models:/m"}
                for stage, version in holders.items()
                if version is not None
            },
            "lastDecision": {"time": T0, "action": "None", "reason": reason, "message": "the numbers"},
        }
    )


Marks = dict[str, dict[str, str]]


def model(status: SensorModelStatus, pin: int | None = None, marks: Marks | None = None) -> Model:
    spec = SensorModelSpec.model_validate(
        {
            "sensorID": "P-1",
            "modelType": "Telemanom",
            "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
            "policyRef": {"name": "default"},
            "productionVersion": pin,
        }
    )
    marks = marks or {}
    return Model("plant", "p-1", 1, marks.get("annotations", {}), spec, status, "uid", marks.get("labels", {}))


@pytest.mark.parametrize(
    ("promoted", "expected"),
    [
        pytest.param((), None, id="nobody has served"),
        pytest.param((5,), None, id="nobody has served before the first"),
        pytest.param((5, 6), 5, id="the one before"),
        pytest.param((5, 7, 6), 7, id="numbers do not matter, times do"),
        pytest.param((5, 6, 7, 6), 5, id="never back to what was rolled back from"),
        pytest.param((5, 6, 7, 6, 8), 6, id="what came after a rollback goes back to where that led"),
        pytest.param((5, 6, 5), None, id="back at the first there is nothing before"),
    ],
)
def test_a_rollback_returns_to(promoted: tuple[int, ...], expected: int | None) -> None:
    assert expected == previous_production(status(*promoted))


def test_a_version_whose_promotion_is_forgotten_has_the_newest_one_on_record_before_it() -> None:
    forgotten = status(5, 6, 7).model_copy(update={"stages": status(9).stages})
    assert previous_production(forgotten) == 7


def test_without_an_earlier_version_a_rollback_is_refused() -> None:
    with pytest.raises(Refused, match="no earlier Production version of plant/p-1 is on record"):
        version_to_return_to(model(status(5)))


def test_the_version_that_awaits_approval_is_meant() -> None:
    assert version_to_approve(model(status(1, staging=2, reason=Reason.AWAITING_APPROVAL))) == 2


def test_a_version_that_the_gate_refused_must_be_named() -> None:
    with pytest.raises(Refused) as told:
        version_to_approve(model(status(1, staging=2, reason=Reason.NOT_BETTER)))
    assert told.value.message == "version 2 of plant/p-1 is in Staging, but it does not wait for approval: the numbers"
    assert told.value.remedy == "To promote it all the same, name version 2."


def test_without_a_version_in_staging_none_is_meant() -> None:
    with pytest.raises(Refused, match="none is in Staging"):
        version_to_approve(model(status(1)))


def test_a_pin_refuses_requests_and_says_where_to_change_it() -> None:
    flux = {"labels": {"kustomize.toolkit.fluxcd.io/name": "plant"}}
    with pytest.raises(Refused) as told:
        refuse_while_pinned(model(status(1), pin=7, marks=flux))
    assert (
        told.value.message == "spec.productionVersion pins plant/p-1 to version 7: requests do nothing while it stands"
    )
    assert told.value.remedy.startswith("Change the pin where Flux takes it from. Or write it")


def test_without_a_pin_nothing_is_refused() -> None:
    refuse_while_pinned(model(status(1)))


@pytest.mark.parametrize(
    ("marks", "keeper"),
    [
        ({}, None),
        ({"labels": {"argocd.argoproj.io/instance": "plant"}}, "Argo CD"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "plant:…"}}, "Argo CD"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "plant"}}, "Flux"),
        ({"annotations": {"meta.helm.sh/release-name": "plant"}}, "Helm"),
    ],
    ids=str,
)
def test_the_tool_that_keeps_a_spec_is_known_by_its_mark(marks: Marks, keeper: str | None) -> None:
    assert keeper == keeper_of(model(status(), marks=marks))


def test_a_request_names_version_person_and_time() -> None:
    assert promotion_value(7, "kim@plant.example", T0) == "7@kim@plant.example/2026-11-24T12:00:00Z"
    assert promotion_value(7, None, T0) == "7@/2026-11-24T12:00:00Z"


def test_a_request_fits_into_the_status_that_echoes_it() -> None:
    assert len(promotion_value(2_147_483_647, "k" * 1000, T0)) <= 256
    assert len(training_value("r" * 200, T0)) <= 256


@pytest.mark.parametrize("reason", ["r" * 201, "one\ntwo"], ids=["too long", "two lines"])
def test_a_reason_that_cannot_be_kept_is_refused(reason: str) -> None:
    with pytest.raises(InvalidRequest):
        training_value(reason, T0)
