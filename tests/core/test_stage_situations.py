"""Who wins, and what becomes of what people do in MLflow: docs/stages.md as a table."""

from typing import Any

import pytest

from model_contract.keys import ComparisonVerdict
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.observed import Observed, RegisteredModel
from model_operator.core.reconcile import decide
from model_operator.core.registry_writes import after_writes
from model_operator.core.status import status_of
from tests.builders import (
    T0,
    TRAINER,
    archived,
    better,
    kpis,
    model,
    observed,
    policy,
    registry,
    serving,
    staged,
    version,
)

REQUEST = "sensormodel.io/promote-version"
REVERT = {"onRegistryChange": "Revert"}
BETTER = better(2, 1).model_dump(include={"compared_with", "comparison", "kpis", "improvement_interval"})


def rest(snapshot: Observed) -> tuple[Observed, list[Reason]]:
    """The world once nothing is written any more, and the reasons on the way."""
    reasons: list[Reason] = []
    for _ in range(10):
        decision = decide(snapshot, T0, TRAINER)
        status = status_of(snapshot, decision, T0)
        assert snapshot.registry is not None
        changes: dict[str, Any] = {"model": snapshot.model.model_copy(update={"previous": status})}
        changes["registry"] = after_writes(snapshot.registry, decision.registry_writes)
        snapshot = snapshot.model_copy(update=changes)
        if not decision.registry_writes and not decision.handled_promote_request:
            return snapshot, reasons
        reasons.append(decision.reason)
    raise AssertionError("it never comes to rest")


def asked(state: RegisteredModel, *, promotion: dict[str, Any] | None = None, pin: int | None = None, request: str | None = None) -> Observed:  # fmt: skip
    annotations = {REQUEST: request} if request else {}
    return observed(
        model=model(productionVersion=pin, annotations=annotations),
        policy=policy(promotion=promotion or {}),
        registry=state,
    )


MOVED_TO_1 = registry(archived(1), serving(2), production=1)  # somebody moved the alias from 2 back to 1
PASSED = registry(serving(1), staged(2, **BETTER), production=1, staging=2)


@pytest.mark.parametrize(("situation", "production", "reasons"), [
    pytest.param(asked(PASSED), 2, [Reason.PROMOTED], id="the gate promotes a better version"),
    pytest.param(asked(PASSED, promotion={"mode": "Manual"}), 1, [Reason.AWAITING_APPROVAL], id="in mode Manual a person decides"),
    pytest.param(asked(PASSED, promotion={"mode": "Manual"}, request="2"), 2, [Reason.PROMOTED], id="who does by request"),
    pytest.param(asked(PASSED, promotion={"mode": "Manual"}, pin=2), 2, [Reason.PROMOTED], id="or by a pin in Git"),
    pytest.param(asked(PASSED, pin=1), 1, [], id="a pin keeps the gate from promoting"),
    pytest.param(asked(PASSED, pin=1, request="2"), 1, [], id="a pin comes before a request"),
    pytest.param(asked(PASSED, request="1"), 2, [Reason.UP_TO_DATE, Reason.PROMOTED], id="a request for what serves already is answered, and the gate goes on"),
    pytest.param(asked(MOVED_TO_1), 1, [Reason.ADOPTED], id="Adopt takes over what somebody did in MLflow"),
    pytest.param(asked(MOVED_TO_1, promotion=REVERT), 2, [Reason.REVERTED], id="Revert takes it back"),
    pytest.param(asked(MOVED_TO_1, pin=2), 2, [Reason.PROMOTED], id="a pin takes it back, too"),
    pytest.param(asked(MOVED_TO_1, promotion=REVERT, request="1"), 1, [Reason.REVERTED, Reason.ROLLED_BACK],
                 id="a request comes after the move is taken back, and brings the same about with a name to it"),
    pytest.param(asked(registry(archived(1), serving(2))), None, [Reason.ADOPTED], id="Adopt: an alias that was deleted leaves nobody"),
    pytest.param(asked(registry(archived(1), serving(2)), promotion=REVERT), 2, [Reason.REVERTED], id="Revert: it is put back"),
    pytest.param(asked(registry(archived(1))), None, [], id="a Production version that was deleted is not replaced by itself"),
    pytest.param(asked(registry(archived(1)), promotion=REVERT), None, [], id="nor under Revert: there is nothing to go back to"),
    pytest.param(asked(registry(archived(1)), request="1"), 1, [Reason.PROMOTED], id="a person says who follows"),
    pytest.param(asked(registry(archived(1), staged(3, **BETTER | {"compared_with": 2}), staging=3)), None, [Reason.NOT_COMPARED],
                 id="a candidate that the deleted version would have kept out does not slip in"),
    pytest.param(asked(registry(archived(1, stage_tag=Stage.PRODUCTION), serving(2), production=2)), 2, [Reason.REPLACED],
                 id="a stage tag that somebody edited is put right: archived"),
    pytest.param(asked(registry(archived(1), serving(2, stage_tag=Stage.ARCHIVED), production=2)), 2, [Reason.PROMOTED],
                 id="a stage tag that somebody edited is put right: Production"),
    pytest.param(asked(registry(version(1, is_complete=False), serving(2), production=1)), 1, [Reason.ADOPTED],
                 id="whom a person puts there serves, complete or not"),
])  # fmt: skip
def test_who_serves_in_the_end(situation: Observed, production: int | None, reasons: list[Reason]) -> None:
    after, seen = rest(situation)
    assert after.registry is not None
    assert (production, reasons) == (after.registry.production, seen)
    again, more = rest(after)
    assert (after.registry, []) == (again.registry, more), "it stays so"


def conditions(situation: Observed) -> dict[str, tuple[str, str]]:
    after, _ = rest(situation)
    status = status_of(after, decide(after, T0, TRAINER), T0)
    return {one.type: (one.status, one.reason) for one in status.conditions}


@pytest.mark.parametrize("state", [
    pytest.param(registry(archived(1)), id="its version was deleted"),
    pytest.param(registry(archived(1), serving(2)), id="its alias was deleted"),
    pytest.param(registry(archived(1), staged(3, **BETTER | {"compared_with": 2}), staging=3), id="a candidate is refused"),
])  # fmt: skip
def test_that_nothing_serves_any_more_needs_a_person(state: RegisteredModel) -> None:
    found = conditions(asked(state))
    assert found["Ready"] == ("False", "ProductionGone")
    assert found["Stalled"] == ("True", "ProductionGone")


def test_a_model_that_never_served_has_lost_nothing() -> None:
    found = conditions(asked(registry(staged(1, kpis=kpis(0.6)), staging=1)))
    assert found["Ready"] == ("False", "WorseThanNaive")


@pytest.mark.parametrize(("request_", "manager", "who"), [
    pytest.param("1", None, "", id="nothing is known"),
    pytest.param("1@anna/2026-11-24T12:00:00Z", None, " (anna, as told by the request)", id="the request tells a name"),
    pytest.param("1@kim@plant.example/2026-11-24T12:00:00Z", None, " (kim@plant.example, as told by the request)", id="an address as name"),
    pytest.param("1@arn:aws:iam::1/kim/2026-11-24T12:00:00Z", None, " (arn:aws:iam::1/kim, as told by the request)", id="a name with a slash"),
    pytest.param("1@arn:aws:iam::1:user/kim", None, " (arn:aws:iam::1:user/kim, as told by the request)", id="a name with a slash and no time"),
    pytest.param("1@anna/2026-11-24T12:00:00+01:00", None, " (anna, as told by the request)", id="a time with an offset"),
    pytest.param("1@2026-11-24T12:00:00Z", None, "", id="Argo CD's action tells the time alone"),
    pytest.param("1@/2026-11-24T12:00:00Z", None, "", id="the cluster does not tell the plugin a name"),
    pytest.param("1@", None, "", id="no name behind the sign"),
    pytest.param("1", "kubectl-annotate", " (written by field manager kubectl-annotate)", id="the API server knows the program"),
    pytest.param("1@anna", "kubectl-sensormodel", " (anna, as told by the request; written by field manager kubectl-sensormodel)", id="both"),
])  # fmt: skip
def test_the_history_says_who_asked_as_far_as_it_is_known(request_: str, manager: str | None, who: str) -> None:
    situation = asked(registry(archived(1), serving(2), production=2), request=request_)
    known = {REQUEST: manager} if manager else {}
    situation = situation.model_copy(update={"model": situation.model.model_copy(update={"set_by": known})})
    after, _ = rest(situation)
    move = after.model.previous.stage_history[0]
    assert (move.version, move.to_stage, move.by) in {
        (1, Stage.PRODUCTION, MovedBy.REQUEST),
        (2, Stage.ARCHIVED, MovedBy.POLICY),
    }
    asked_for = next(one for one in after.model.previous.stage_history if one.by is MovedBy.REQUEST)
    assert asked_for.message == f"requested by {REQUEST}={request_!r}{who}"
    assert asked_for.request == request_


def test_the_history_says_which_program_wrote_a_pin() -> None:
    situation = asked(registry(archived(1), serving(2), production=2), pin=1)
    known = {"spec.productionVersion": "argocd-controller"}
    situation = situation.model_copy(update={"model": situation.model.model_copy(update={"set_by": known})})
    after, _ = rest(situation)
    pinned = next(one for one in after.model.previous.stage_history if one.by is MovedBy.PIN)
    assert pinned.message == "spec.productionVersion is 1 (written by field manager argocd-controller)"


@pytest.mark.parametrize("comparison", [ComparisonVerdict.NOT_BETTER, ComparisonVerdict.CANNOT_TELL])
def test_a_refusal_is_stored_with_the_version_and_shown_in_the_status(comparison: ComparisonVerdict) -> None:
    refused = staged(2, **BETTER | {"comparison": comparison})
    after, _ = rest(asked(registry(serving(1), refused, production=1, staging=2)))
    assert after.registry is not None
    kept, shown = after.registry.versions[0].gate, after.model.previous.stages.staging
    assert kept is not None
    assert kept.reason.value == comparison.value
    assert shown is not None
    assert shown.gate is not None
    assert (shown.gate.reason, shown.gate.message) == (kept.reason, kept.message)


def test_a_rollback_is_one_pass() -> None:
    situation = asked(registry(archived(1), serving(2), production=2), request="1")
    decision = decide(situation, T0, TRAINER)
    assert situation.registry is not None
    after = after_writes(situation.registry, decision.registry_writes)
    assert (after.production, [v.stage_tag for v in after.versions]) == (1, [Stage.ARCHIVED, Stage.PRODUCTION])
    assert len(decision.registry_writes) == 5
    assert status_of(situation, decision, T0).stages.production.version == 1  # type: ignore[union-attr]
