"""What comes next and when, and the command that a person may want to type. Pure; part of `explanation.py`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from model_operator.api.base import Instant, KubeModel, parse_duration
from model_operator.api.requests import RETRAIN_REQUEST, request_in
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason
from model_operator.core.training_progress import describe_progress
from sensormodel.objects import Model, Policy

_COMMANDS: Final = {
    Reason.SUSPENDED: "kubectl sensormodel resume {name} -n {namespace}",
    Reason.POLICY_SUSPENDED: "kubectl sensormodel resume --policy {policy} -n {namespace}",
    Reason.COOLING_DOWN: "kubectl sensormodel retrain {name} -n {namespace}",
    Reason.BACKING_OFF: "kubectl sensormodel retrain {name} -n {namespace}",
    Reason.NEEDS_HUMAN: "kubectl sensormodel retrain {name} -n {namespace}",
    Reason.COMMON_CAUSE: (
        'kubectl annotate rtp {policy} -n {namespace} --overwrite sensormodel.io/release-requested-at="$(date -Is)"'
    ),
    Reason.TRAINING_IN_FLIGHT: "kubectl sensormodel status {name} -n {namespace} --watch",
    Reason.TRAINING_STARTED: "kubectl sensormodel status {name} -n {namespace} --watch",
    Reason.TRAINING_FAILED: "kubectl logs -n {namespace} job/{job}",
    Reason.TRAINING_CANNOT_WORK: "kubectl logs -n {namespace} job/{job}",
    Reason.AWAITING_APPROVAL: "kubectl sensormodel promote {name} -n {namespace}",
}


class Step(KubeModel):
    """Something that will happen, or that is waited for."""

    time: Annotated[Instant | None, Field(description="when; none: not by time")] = None
    message: str


def next_steps(model: Model, policy: Policy | None, now: datetime) -> tuple[Step, ...]:
    """What comes next: what waits for something first, then by time."""
    steps = list(_steps(model, policy, now))
    waiting, timed = [step for step in steps if step.time is None], [step for step in steps if step.time is not None]
    return (*waiting, *sorted(timed, key=lambda step: step.time or now))


def request_waits(model: Model) -> bool:
    """Whether a request for a training was not acted on yet."""
    value = request_in(model.annotations, RETRAIN_REQUEST)
    return value is not None and value != model.status.last_handled_retrain_request


def training_runs(status: SensorModelStatus) -> bool:
    """Whether a Job of the model may still give a version."""
    return status.training is not None and status.training.outcome is Reason.TRAINING_STARTED


def command_for(reason: str, model: Model) -> str:
    """The command that helps with a reason, complete; empty when there is none."""
    if reason not in _COMMANDS:
        return ""
    status = model.status
    return _COMMANDS[Reason(reason)].format(
        name=model.name,
        namespace=model.namespace,
        policy=model.spec.policy_ref.name if model.spec else "NAME",
        job=status.training.job_name if status.training else "NAME",
    )


def _steps(model: Model, policy: Policy | None, now: datetime) -> Iterator[Step]:
    status, schedule = model.status, model.status.schedule
    training = status.training
    if training is not None and training_runs(status):
        began = f", began {training.start_time:%Y-%m-%d %H:%MZ}" if training.start_time else ""
        far = describe_progress(training)
        runs = f"Job {training.job_name} runs (trigger {training.trigger}{began})" + (f": {far}" if far else "")
        yield Step(message=f"{runs}; then the gate judges")
    if request_waits(model):
        yield Step(message="the request for a training waits to be acted on")
    for until, message in (
        (schedule.cooldown_until_time, "the cooldown ends"),
        (schedule.back_off_until_time, "the back-off ends, and the training is tried again"),
    ):
        if until is not None and until > now:
            yield Step(time=until, message=message)
    if schedule.next_training_time is not None:
        late = schedule.next_training_time <= now
        yield Step(
            time=schedule.next_training_time,
            message="the schedule asked for a training" if late else "the schedule asks for a training",
        )
    hold = policy.status.hold if policy else None
    if hold is not None and not hold.released and hold.until_time > now:
        yield Step(time=hold.until_time, message="the hold for a common cause ends by itself")
    measured = status.assessment.performance if status.assessment else None
    if policy is not None and policy.spec.triggers.performance.enabled and measured is not None:
        due = measured.evaluated_time + parse_duration(policy.spec.triggers.performance.check_interval)
        yield Step(time=due, message="the Production version is scored again, if there is new telemetry")
    if policy is not None and not training_runs(status):
        yield Step(message=f"the operator looks at telemetry and registry every {policy.spec.check_interval}")
