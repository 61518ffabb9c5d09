"""What a person asks for: a training now, a pause, an end of a pause.

Each verb is one merge patch of an annotation or of `spec.suspend`, as `kubectl annotate` or an editor would make it,
followed by a sentence about what will happen. The operator does the rest.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.next_steps import request_waits, training_runs
from model_operator.api.base import KubeModel
from model_operator.api.requests import RETRAIN_REQUEST
from model_operator.api.vocabulary import Reason
from sensormodel.connection import POLICIES, SENSOR_MODELS, Connection
from sensormodel.objects import Model, Policy, model_of, policy_of
from sensormodel.requests import training_value

_BLOCKED: Final = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.POLICY_NOT_FOUND,
        Reason.REGISTERED_MODEL_OWNED,
        Reason.REGISTRY_UNAVAILABLE,
        Reason.REGISTRY_NOT_READ,
        Reason.JOB_REFUSED,
        Reason.JOB_NAME_TAKEN,
        Reason.CLUSTER_REFUSED,
    }
)
_PASSED: Final = {Reason.COOLING_DOWN: "cooldown", Reason.BACKING_OFF: "back-off"}


class Outcome(KubeModel):
    """What a verb did and what follows."""

    name: str
    changed: Annotated[bool, Field(description="whether something was written")]
    value: Annotated[str, Field(description="the value that stands there now")]
    message: str
    follows: Annotated[str, Field(description="what the operator will do")]


def request_training(cluster: Connection, name: str, reason: str | None, now: datetime) -> Outcome:
    """Ask for a training: a new value of the annotation `retrain-requested-at`, which is acted on once.

    Raises:
        InvalidRequest: the reason is too long or not one line.
    """
    value = training_value(reason, now)
    before = model_of(cluster.get(SENSOR_MODELS, name))
    reference = before.spec.policy_ref.name if before.spec else None
    policy = policy_of(cluster.find(POLICIES, reference)) if reference else None
    cluster.patch(SENSOR_MODELS, name, {"metadata": {"annotations": {RETRAIN_REQUEST: value}}})
    return Outcome(
        name=before.key,
        changed=True,
        value=value,
        message=f"a training of {before.key} is requested ({RETRAIN_REQUEST}={value!r})",
        follows=after_request(before, policy),
    )


def after_request(model: Model, policy: Policy | None) -> str:
    """What happens to a request: it passes cooldown and back-off, and waits for everything else."""
    last = model.status.last_decision
    waits = {verdict.reason: verdict.message for verdict in last.verdicts if verdict.fires} if last else {}
    again = f"kubectl sensormodel resume {model.name} -n {model.namespace}"
    if model.spec is not None and model.spec.suspend:
        return f"It waits: the model is suspended. Resume it with: {again}"
    if policy is not None and policy.spec.suspend:
        again = f"kubectl sensormodel resume --policy {policy.name} -n {model.namespace}"
        return f"It waits: policy {policy.name} is suspended. Resume it with: {again}"
    if training_runs(model.status):
        job = model.status.training.job_name if model.status.training else ""
        return f"It waits: Job {job} runs already. When that has ended, one more training starts."
    for reason in (Reason.DATA_ON_HOLD, Reason.BUDGET_EXHAUSTED):
        if reason in waits:
            return f"It waits: {waits[reason]}"
    if last is None or not model.was_seen:
        return "It is acted on when the operator looks at the model, which it has not done since the spec changed."
    if last.reason in _BLOCKED:
        return f"It waits until this is mended: {last.message}"
    passed = [word for reason, word in _PASSED.items() if reason in waits]
    if passed:
        return f"A training starts within seconds. The request passes the {' and the '.join(passed)}."
    return "A training starts within seconds."


def set_suspended(cluster: Connection, name: str | None, policy: str | None, *, suspend: bool) -> Outcome:
    """Set `spec.suspend` of a SensorModel or of a RetrainingPolicy.

    Raises:
        PluginError: not exactly one of both is named.
    """
    if (name is None) == (policy is None):
        raise PluginError("name either a SensorModel or, with --policy, a RetrainingPolicy", code=ExitCode.USAGE)
    plural, called = (SENSOR_MODELS, name) if name is not None else (POLICIES, policy)
    body = cluster.get(plural, called or "")
    title = f"{body['kind']} {body['metadata']['namespace']}/{called}"
    word = "suspended" if suspend else "resumed"
    follows = _after_suspension(body) if suspend else _after_resumption(body)
    if bool(body.get("spec", {}).get("suspend")) == suspend:
        state = "suspended already" if suspend else "not suspended"
        return Outcome(name=title, changed=False, value=str(suspend).lower(), message=f"{title} is {state}", follows="")
    cluster.patch(plural, called or "", {"spec": {"suspend": suspend}})
    return Outcome(name=title, changed=True, value=str(suspend).lower(), message=f"{title} is {word}", follows=follows)


def _after_suspension(body: dict[str, object]) -> str:
    whose = "it" if body["kind"] == "SensorModel" else "any of its models"
    return f"Nothing new starts for {whose}. A running Job finishes, and Production goes on serving."


def _after_resumption(body: dict[str, object]) -> str:
    if body["kind"] != "SensorModel":
        return "Its models are judged again within seconds; those with due trainings take turns within the budget."
    model = model_of(body)
    if request_waits(model):
        return "The request for a training that waited is acted on now."
    return "It is judged again within seconds; at most one missed training is made up."
