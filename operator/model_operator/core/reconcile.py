"""The whole decision of one pass, in reading order.

Nothing can be judged → say why. Otherwise ask all gates and triggers, take the next stage step, start a training when
a trigger fires and no gate stops it, else an evaluation that is due, and say when to look again.
"""

from datetime import datetime
from typing import Final

from model_contract.evaluation import EvaluationTask
from model_contract.hyperparameters import validate_hyperparameters
from model_contract.task import TaskKind, TriggerKind
from model_operator.api.base import format_window
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.api.vocabulary import Action, Reason
from model_operator.core.assessment import newest_assessment
from model_operator.core.decision import Decision, LaunchJob, SetOwner, Verdict
from model_operator.core.evaluation import EvaluationState, evaluation_state
from model_operator.core.explanation import say_why_nothing
from model_operator.core.gates import PASSED_BY_REQUEST, closed_gates, closes_for
from model_operator.core.job_manifest import TrainerDefaults, build_job
from model_operator.core.observed import Observed
from model_operator.core.ownership import claim, why_not_ours
from model_operator.core.promotion_steps import next_stage_step
from model_operator.core.stage_step import StageStep
from model_operator.core.training import REGISTRATION_GRACE, newest_training
from model_operator.core.training_task import build_task
from model_operator.core.triggers import ask_triggers

_REASON_OF_TRIGGER: Final = {
    TriggerKind.MANUAL: Reason.RETRAIN_REQUESTED,
    TriggerKind.INITIAL: Reason.FIRST_TRAINING,
    TriggerKind.PERFORMANCE: Reason.PERFORMANCE_DEGRADED,
    TriggerKind.DRIFT: Reason.DRIFT_DETECTED,
    TriggerKind.DATA_QUALITY: Reason.DATA_QUALITY_BREACHED,
    TriggerKind.SCHEDULE: Reason.SCHEDULE_DUE,
}
_STOPS_EVALUATIONS: Final = frozenset(
    {
        Reason.SUSPENDED,
        Reason.POLICY_SUSPENDED,
        Reason.TRAINING_IN_FLIGHT,
        Reason.DATA_ON_HOLD,
        Reason.BUDGET_EXHAUSTED,
    }
)
_BY_TIME: Final = frozenset({"schedule", "performance"})  # checks that time alone brings to fire, or to a new look


def decide(observed: Observed, now: datetime, trainer: TrainerDefaults) -> Decision:
    """What to do now, why, and when to look again."""
    spec, policy = observed.model.spec, observed.policy.spec if observed.policy else None
    blocked = what_blocks(observed)
    if blocked is not None or spec is None or policy is None:
        reason, message = blocked or (Reason.INVALID_SPEC, "the spec could not be read")
        return Decision(action=Action.NONE, reason=reason, message=message)
    training, assessment = newest_training(observed, now), newest_assessment(observed, policy, now)
    evaluation = evaluation_state(observed, spec, policy, assessment, now)
    gates = closed_gates(observed, spec, policy, training, assessment, now)
    triggers = ask_triggers(observed, policy, assessment, evaluation, now)
    on_hold = next((gate for gate in gates if gate.reason is Reason.DATA_ON_HOLD), None)
    step = next_stage_step(observed, policy.promotion, now, held_by=on_hold)
    verdicts = (*gates, *triggers)
    claims = claim(observed)
    if started := _untold_training(observed, now):
        return started
    if claims or (step and (step.writes or step.handled_request)):
        return _take_step(step, claims, verdicts, now)
    trigger, closed = first_to_train(triggers, gates)
    if trigger is not None and closed is None:
        cause = trigger.model_copy(update={"message": _all_causes(trigger, triggers, gates)})
        return _train(observed, spec, policy, cause, training, trainer, verdicts)
    if evaluation.due and not any(gate.reason in _STOPS_EVALUATIONS for gate in gates):
        return _evaluate(observed, spec, evaluation.due, trainer, verdicts)
    serves = observed.registry is not None and observed.registry.production is not None
    reason, message = say_why_nothing(trigger, closed, step, triggers, serves=serves)
    waits_for = _what_waits(trigger, closed, evaluation, gates)
    return Decision(
        action=Action.NONE,
        reason=reason,
        message=message,
        verdicts=verdicts if waits_for else _without_budget(verdicts),
        waits_for=waits_for,
        look_again_at=_next_look(trigger, verdicts, training, now),
    )


def first_to_train(triggers: tuple[Verdict, ...], gates: tuple[Verdict, ...]) -> tuple[Verdict | None, Verdict | None]:
    """The first trigger that fires and that no gate stops; else the first that fires, with the gate that stops it.

    Of triggers that are stopped, one that only waits for a place comes first: it needs its place in line. Without a
    trigger that fires: None, and the first gate that is closed, if any.
    """
    stopped: tuple[Verdict | None, Verdict | None] = (None, None)
    for trigger in (verdict for verdict in triggers if verdict.fires):
        gate = next((gate for gate in gates if closes_for(gate, trigger)), None)
        if gate is None:
            return trigger, None
        waits_for_place = gate.reason is Reason.BUDGET_EXHAUSTED  # the last gate: no other stops this trigger
        if stopped[1] is None or (waits_for_place and stopped[1].reason is not Reason.BUDGET_EXHAUSTED):
            stopped = trigger, gate
    return stopped if stopped[0] is not None else (None, gates[0] if gates else None)


def what_blocks(observed: Observed) -> tuple[Reason, str] | None:
    """Why nothing can be decided at all; None when all is there."""
    model, policy, registry = observed.model, observed.policy, observed.registry
    if model.spec is None:
        return Reason.INVALID_SPEC, model.spec_error or "the spec could not be read"
    try:
        validate_hyperparameters(model.spec.model_type, dict(model.spec.training.hyperparameters))
    except ValueError as error:
        return Reason.INVALID_SPEC, f"spec.training.hyperparameters: {error}"
    if policy is None:
        name = model.spec.policy_ref.name
        return Reason.POLICY_NOT_FOUND, f"spec.policyRef: namespace {model.namespace} has no RetrainingPolicy {name!r}"
    if policy.spec is None:
        return (
            Reason.INVALID_SPEC,
            f"RetrainingPolicy {policy.name}: {policy.spec_error or 'the spec could not be read'}",
        )
    if registry is None:
        return Reason.REGISTRY_UNAVAILABLE, observed.registry_problem or "the registry was not read yet"
    not_ours = why_not_ours(observed, registry)
    return (Reason.REGISTERED_MODEL_OWNED, not_ours) if not_ours else None


def _untold_training(observed: Observed, now: datetime) -> Decision | None:
    """The decision behind a Job that no status has told of: the operator ended between creating and telling."""
    job, told = observed.jobs[0] if observed.jobs else None, observed.model.previous.training
    if job is None or job.being_deleted or (told is not None and told.job_uid == job.uid):
        return None
    return Decision(
        action=Action.TRAIN,
        reason=_REASON_OF_TRIGGER[job.trigger],
        message=_starts(job.trigger_message, job.attempt),
        handled_retrain_request=job.trigger_identity if job.trigger is TriggerKind.MANUAL else None,
        look_again_at=now,
    )


def _starts(message: str, attempt: int) -> str:
    return f"{message}; training starts{f' (attempt {attempt})' if attempt > 1 else ''}"


def _all_causes(trigger: Verdict, triggers: tuple[Verdict, ...], gates: tuple[Verdict, ...]) -> str:
    """The trigger that names the training, all others that fire, and the gates that a request passes."""
    others = [verdict.message for verdict in triggers if verdict.fires and verdict is not trigger]
    passed = [gate.message for gate in gates if not closes_for(gate, trigger) and gate.reason in PASSED_BY_REQUEST]
    return "; ".join([trigger.message, *(f"also {message}" for message in others), *(f"passes: {m}" for m in passed)])


def _what_waits(
    trigger: Verdict | None, closed: Verdict | None, evaluation: EvaluationState, gates: tuple[Verdict, ...]
) -> TaskKind | None:
    """What would start if a budget had a place."""
    if trigger is not None and closed is not None and closed.reason is Reason.BUDGET_EXHAUSTED:
        return TaskKind.TRAIN
    stops = {gate.reason for gate in gates} & _STOPS_EVALUATIONS
    return TaskKind.EVALUATE if evaluation.due and stops == {Reason.BUDGET_EXHAUSTED} else None


def _without_budget(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """What others use is no news to a model that waits for no place: it would write its status whenever they begin."""
    return tuple(verdict for verdict in verdicts if verdict.reason is not Reason.BUDGET_EXHAUSTED)


def _take_step(
    step: StageStep | None, claims: SetOwner | None, verdicts: tuple[Verdict, ...], now: datetime
) -> Decision:
    writes = (*((claims,) if claims else ()), *(step.writes if step else ()))
    if step is None or not (step.writes or step.handled_request):
        message = f"claims registered model {claims.model}" if claims else ""
        return Decision(
            action=Action.NONE, reason=Reason.IN_SYNC, message=message, registry_writes=writes, look_again_at=now
        )
    if step.plan.writes:
        action = Action.MOVE_STAGE
    elif step.reason is Reason.AWAITING_APPROVAL:
        action = Action.AWAIT_APPROVAL
    else:
        action = Action.NONE if step.reason is Reason.UP_TO_DATE else Action.REFUSE
    return Decision(
        action=action,
        reason=step.reason,
        message=step.message,
        verdicts=verdicts,
        registry_writes=writes,
        handled_promote_request=step.handled_request,
        look_again_at=now,
    )


def _train(
    observed: Observed,
    spec: SensorModelSpec,
    policy: RetrainingPolicySpec,
    trigger: Verdict,
    training: TrainingRecord | None,
    trainer: TrainerDefaults,
    verdicts: tuple[Verdict, ...],
) -> Decision:
    task = build_task(observed, spec, policy, trigger, training)
    launch = LaunchJob(task=task, manifest=build_job(observed.model, spec, task, trainer))
    manual = trigger.identity if trigger.reason is Reason.RETRAIN_REQUESTED else None
    return Decision(
        action=Action.TRAIN,
        reason=trigger.reason,
        message=_starts(task.trigger.message, task.attempt),
        verdicts=verdicts,
        launch=launch,
        handled_retrain_request=manual,
    )


def _evaluate(
    observed: Observed,
    spec: SensorModelSpec,
    task: EvaluationTask,
    trainer: TrainerDefaults,
    verdicts: tuple[Verdict, ...],
) -> Decision:
    window = format_window(task.window.start, task.window.end)
    again = f" (attempt {task.attempt})" if task.attempt > 1 else ""
    return Decision(
        action=Action.EVALUATE,
        reason=Reason.EVALUATION_DUE,
        message=f"version {task.version} is scored on {window}: {task.message}{again}",
        verdicts=verdicts,
        launch=LaunchJob(task=task, manifest=build_job(observed.model, spec, task, trainer)),
    )


def _next_look(
    trigger: Verdict | None, verdicts: tuple[Verdict, ...], training: TrainingRecord | None, now: datetime
) -> datetime | None:
    """The first moment at which time alone changes a verdict that matters."""
    waits_for_version = (
        training is not None and training.outcome is Reason.TRAINING_STARTED and training.end_time is not None
    )
    times = [
        verdict.until for verdict in verdicts if verdict.until and (trigger is not None or verdict.check in _BY_TIME)
    ]
    if waits_for_version and training is not None and training.end_time is not None:
        times.append(training.end_time + REGISTRATION_GRACE)
    return min((time for time in times if time > now), default=None)
