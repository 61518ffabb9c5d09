"""A registered model belongs to one SensorModel of one cluster; everybody else is told who that is, and what can be done."""

from datetime import timedelta
from typing import Any

import pytest

from model_operator.api.vocabulary import Action, Reason
from model_operator.core.decision import SetOwner
from model_operator.core.measure import plan_measurement
from model_operator.core.observed import Observed, RegisteredModel, Rival
from model_operator.core.reconcile import decide
from model_operator.core.status import status_of
from tests.builders import T0, TRAINER, UID, model, observed, registry, serving

NAME = "telemanom_P-1"
RELEASE = "take the model over by deleting its tags sensormodel.io/owner, sensormodel.io/owner-uid and sensormodel.io/owner-cluster in MLflow"
NOT_SEEN = (
    f"which is not seen here: set another spec.registry.modelName; or, if that SensorModel is gone for good, {RELEASE}"
)


def rival(key: str = "other/p-1", *, uid: str = "uid-2", created: int = 0) -> Rival:
    return Rival(key=key, uid=uid, create_time=T0 + timedelta(seconds=created))


def asked(state: RegisteredModel, *rivals: Rival, created: int = 0, **overrides: Any) -> Observed:
    ours = model().model_copy(update={"create_time": T0 + timedelta(seconds=created)})
    return observed(model=ours, registry=state, rivals=rivals, cluster="c-1", **overrides)


NOTHING_REGISTERED = RegisteredModel(name=NAME)


@pytest.mark.parametrize(("situation", "message"), [
    pytest.param(asked(NOTHING_REGISTERED), None, id="a name that nobody else means is ours"),
    pytest.param(asked(NOTHING_REGISTERED, rival(created=1)), None, id="of two that mean it the older one has it"),
    pytest.param(asked(NOTHING_REGISTERED, rival(), created=1),
                 f"registered model {NAME} is that of SensorModel other/p-1, which was created before this one: "
                 "recreate one of them with its own spec.registry.modelName",
                 id="the younger one is refused before anything is registered"),
    pytest.param(asked(NOTHING_REGISTERED, rival(uid="0")), f"registered model {NAME} is that of SensorModel other/p-1, which was created before "
                 "this one: recreate one of them with its own spec.registry.modelName",
                 id="of two that were created in one second the smaller uid has it"),
    pytest.param(asked(registry(serving(1), production=1), rival(), created=1), None,
                 id="the owner in MLflow has it, however young"),
    pytest.param(asked(registry(serving(1), production=1, owner="other/p-1"), rival(created=1)),
                 f"registered model {NAME} belongs to SensorModel other/p-1: recreate one of them with its own spec.registry.modelName",
                 id="the older one is refused when MLflow names the younger"),
    pytest.param(asked(registry(serving(1), production=1, owner="plant/old")),
                 f"registered model {NAME} belongs to SensorModel plant/old, {NOT_SEEN}",
                 id="an owner that was deleted keeps it until a person releases it"),
    pytest.param(asked(registry(serving(1), production=1, owner_cluster="c-2")),
                 f"registered model {NAME} belongs to SensorModel plant/p-1 of cluster c-2, {NOT_SEEN}",
                 id="a namesake of another cluster owns it"),
    pytest.param(asked(registry(serving(1), production=1, owner=None, owner_uid=None), rival(), created=1),
                 f"registered model {NAME} is that of SensorModel other/p-1, which was created before this one: "
                 "recreate one of them with its own spec.registry.modelName",
                 id="a released model is that of the oldest who means it"),
])  # fmt: skip
def test_who_may_use_a_registered_model(situation: Observed, message: str | None) -> None:
    decision = decide(situation, T0, TRAINER)
    if message is None:
        assert decision.reason is not Reason.REGISTERED_MODEL_OWNED
        return
    assert (decision.action, decision.reason, decision.message) == (
        Action.NONE,
        Reason.REGISTERED_MODEL_OWNED,
        message,
    )
    assert (decision.launch, decision.registry_writes) == (None, ())


@pytest.mark.parametrize(("owner", "claimed"), [
    pytest.param({}, True, id="an owner without a cluster is completed"),
    pytest.param({"owner_cluster": "c-1"}, False, id="the very owner has nothing to claim"),
    pytest.param({"owner_cluster": "c-1", "owner_uid": "of-an-earlier-one"}, True, id="a SensorModel that was made anew takes over"),
    pytest.param({"owner": None, "owner_uid": None}, True, id="a released model is claimed"),
    pytest.param({"owner": None, "owner_uid": "left", "owner_cluster": "c-2"}, True,
                 id="deleting the owner tag alone releases it"),
])  # fmt: skip
def test_a_model_with_versions_is_claimed_with_cluster_name_and_uid(owner: dict[str, Any], claimed: bool) -> None:  # noqa: FBT001
    decision = decide(asked(registry(serving(1), production=1, **owner)), T0, TRAINER)
    claim = SetOwner(model=NAME, owner="plant/p-1", owner_uid=UID, owner_cluster="c-1")
    assert ((claim,) if claimed else ()) == decision.registry_writes


def test_where_the_cluster_is_not_known_only_names_count() -> None:
    state = registry(serving(1), production=1, owner_cluster="c-2")
    decision = decide(observed(registry=state), T0, TRAINER)
    assert decision.reason is Reason.UP_TO_DATE
    assert decision.registry_writes == (), "a cluster that is written there is not wiped out"


def test_the_trainer_is_told_the_cluster() -> None:
    launch = decide(asked(NOTHING_REGISTERED), T0, TRAINER).launch
    assert launch is not None
    assert launch.task.sensor_model.cluster == "c-1"


def test_whoever_does_not_own_it_does_not_show_its_versions_as_own() -> None:
    situation = asked(registry(serving(1), production=1, owner="plant/old"))
    status = status_of(situation, decide(situation, T0, TRAINER), T0)
    said = {one.type: (one.status, one.reason) for one in status.conditions}
    refused = ("False", "RegisteredModelOwned")
    assert (said["Ready"], said["RegistryInSync"], said["Stalled"][0]) == (refused, refused, "True")
    assert (status.stages.production, status.stage_history, status.summary.version) == (None, (), "")
    assert plan_measurement(situation) is None
