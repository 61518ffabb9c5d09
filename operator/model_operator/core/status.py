"""The status of a pass: a function of what was observed, decided and done.

`shell.loop` writes it when it differs from the one that is there. Times of decisions and measurements move only when
what they stand beside has changed, so a quiet model is never written.
"""

from datetime import datetime

from model_contract.task import TaskKind
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodelstatus import (
    Assessment,
    DecisionRecord,
    Schedule,
    SensorModelStatus,
    Summary,
    TrainingRecord,
    VerdictRecord,
)
from model_operator.api.stagestatus import GateVerdict, StageHolder, StageMove, Stages
from model_operator.api.vocabulary import Action, Reason, Stage
from model_operator.core import findings
from model_operator.core.assessment import newest_assessment
from model_operator.core.conditions import set_conditions
from model_operator.core.decision import Decision, Failure
from model_operator.core.gates import cooldown_until, last_training_time
from model_operator.core.kpis import describe_kpi
from model_operator.core.observed import JobObservation, Observed, RegisteredModel, Version
from model_operator.core.ownership import own_registry
from model_operator.core.probation import probation_of
from model_operator.core.registry_writes import after_writes
from model_operator.core.stages import ALIAS
from model_operator.core.training import back_off_until, newest_training
from model_operator.core.triggers.schedule import next_training_time

HISTORY_LENGTH = 20


def status_of(
    observed: Observed,
    decision: Decision,
    now: datetime,
    *,
    launched: JobObservation | None = None,
    failure: Failure | None = None,
) -> SensorModelStatus:
    """The whole status after a pass.

    Args:
        observed: the snapshot that the decision was made from.
        decision: what was decided.
        now: time of the pass.
        launched: the Job that the pass created.
        failure: why an action could not be carried out.
    """
    if launched is not None:
        kind = "evaluations" if launched.task is TaskKind.EVALUATE else "jobs"
        observed = observed.model_copy(update={kind: (launched, *getattr(observed, kind))})
    if observed.registry is not None and failure is None:
        observed = observed.model_copy(update={"registry": after_writes(observed.registry, decision.registry_writes)})
    observed = observed.model_copy(update={"registry": own_registry(observed)})
    previous, policy = observed.model.previous, observed.policy.spec if observed.policy else None
    training = newest_training(observed, now)
    assessment = newest_assessment(observed, policy, now) if policy else previous.assessment
    stages = stages_of(observed.registry, policy) if observed.registry else previous.stages
    last = _last_decision(observed, decision, failure, training, now)
    stuck = findings.stalled(observed, stages, training, last)
    said = (
        findings.ready(observed, stages, last),
        findings.reconciling(stages, last, stuck),
        stuck,
        findings.training_state(training),
        findings.data_healthy(assessment, policy),
        findings.drift_detected(observed, assessment, policy),
        findings.performance_degraded(observed, assessment, policy),
        findings.registry_in_sync(observed, last),
    )
    schedule = schedule_of(observed, policy, training, now)
    return SensorModelStatus(
        observed_generation=observed.model.generation,
        conditions=set_conditions(previous.conditions, said, observed.model.generation, now),
        summary=summary_of(observed, stages, assessment, training, schedule, last),
        registered_model=observed.model.spec.registered_model if observed.model.spec else previous.registered_model,
        stages=stages,
        stage_history=stage_history(observed.registry) if observed.registry else previous.stage_history,
        assessment=assessment,
        training=training,
        last_decision=last,
        history=_history(previous, last),
        schedule=schedule,
        last_handled_retrain_request=_handled_retrain(observed, decision, failure),
        last_handled_promote_request=decision.handled_promote_request or previous.last_handled_promote_request,
    )


def stages_of(model: RegisteredModel, policy: RetrainingPolicySpec | None) -> Stages:
    """Who holds Production and Staging; what the gate said of the one, and how long the other is on probation."""
    production = _holder(model, Stage.PRODUCTION, model.production)
    probation = probation_of(model, policy.promotion) if policy else None
    if production is not None and probation is not None:
        production = production.model_copy(update={"probation_until_time": probation.until})
    staging, judged = _holder(model, Stage.STAGING, model.staging), model.version(model.staging)
    if staging is not None and judged is not None and judged.gate is not None:
        verdict = GateVerdict(reason=judged.gate.reason, message=judged.gate.message[:1024])
        staging = staging.model_copy(update={"gate": verdict})
    return Stages(production=production, staging=staging)


def stage_history(model: RegisteredModel) -> tuple[StageMove, ...]:
    """The newest moves of all versions, newest first."""
    moves = [(move.time, place, move) for version in model.versions for place, move in enumerate(version.moves)]
    newest_first = sorted(moves, key=lambda timed: timed[:2], reverse=True)  # several moves may share a second
    return tuple(move for _, _, move in newest_first[:HISTORY_LENGTH])


def schedule_of(
    observed: Observed, policy: RetrainingPolicySpec | None, training: TrainingRecord | None, now: datetime
) -> Schedule:
    """When trainings were and will be; as it was while the registry cannot be read."""
    if policy is None or observed.registry is None:
        return observed.model.previous.schedule
    return Schedule(
        last_training_time=last_training_time(observed),
        next_training_time=next_training_time(observed, policy.triggers.schedule, now),
        cooldown_until_time=cooldown_until(observed, policy),
        back_off_until_time=back_off_until(training, observed.model.generation),
    )


def summary_of(
    observed: Observed,
    stages: Stages,
    assessment: Assessment | None,
    training: TrainingRecord | None,
    schedule: Schedule,
    last: DecisionRecord,
) -> Summary:
    """The row of `kubectl get`."""
    stage, holder = (Stage.PRODUCTION, stages.production) if stages.production else (Stage.STAGING, stages.staging)
    version = observed.registry.version(holder.version) if observed.registry and holder else None
    kpi = observed.policy.spec.promotion.metric if observed.policy and observed.policy.spec else None
    found = assessment.drift if assessment else None
    if training is not None and training.outcome is Reason.TRAINING_STARTED:
        done = training.progress_percent
        following = "training" if done is None else f"training {done} %"
    else:
        following = f"{schedule.next_training_time:%Y-%m-%d %H:%MZ}" if schedule.next_training_time else ""
    return Summary(
        stage=stage if holder else Stage.NONE,
        version=str(holder.version) if holder else "",
        drift=f"{found.severity} {found.score}" if found else (assessment.problem or "" if assessment else ""),
        kpi=describe_kpi(version, kpi) if version and kpi else (observed.model.previous.summary.kpi if holder else ""),
        next=following,
        reason=last.reason,
    )


def _holder(model: RegisteredModel, stage: Stage, number: int | None) -> StageHolder | None:
    version: Version | None = model.version(number)
    if version is None:
        return None
    since = next((move.time for move in reversed(version.moves) if move.to_stage is stage), None)
    uri = f"models:/{model.name}@{ALIAS[stage]}"
    return StageHolder(version=version.version, run_id=version.run_id, model_uri=uri, since=since)


def _last_decision(
    observed: Observed, decision: Decision, failure: Failure | None, training: TrainingRecord | None, now: datetime
) -> DecisionRecord:
    """This decision, or the one that still says the same."""
    known = observed.model.previous.last_decision
    in_flight = training is not None and training.outcome is Reason.TRAINING_STARTED
    if known and in_flight and known.action is Action.TRAIN and decision.reason is Reason.TRAINING_IN_FLIGHT:
        return known
    record = DecisionRecord(
        time=now,
        action=Action.NONE if failure else decision.action,
        reason=failure.reason if failure else decision.reason,
        message=(failure.message if failure else decision.message)[:1024],
        verdicts=tuple(
            VerdictRecord(check=v.check, fires=v.fires, reason=v.reason, message=v.message[:1024])
            for v in decision.verdicts[:16]
        ),
    )
    return record.model_copy(update={"time": known.time}) if known and _same(known, record) else record


def _same(known: DecisionRecord, record: DecisionRecord) -> bool:
    """A wait for a place stays the same wait while the line moves: its time says since when."""
    if (known.action, known.reason) != (record.action, record.reason):
        return False
    return known.message == record.message or record.reason is Reason.BUDGET_EXHAUSTED


def _history(previous: SensorModelStatus, last: DecisionRecord) -> tuple[DecisionRecord, ...]:
    """The decisions that changed something; without their verdicts, which the newest one shows."""
    if last.action in {Action.NONE, Action.EVALUATE}:  # the newest evaluation stands in the assessment
        return previous.history
    entry = last.model_copy(update={"verdicts": ()})
    if previous.history and previous.history[0] == entry:
        return previous.history
    return (entry, *previous.history)[:HISTORY_LENGTH]


def _handled_retrain(observed: Observed, decision: Decision, failure: Failure | None) -> str | None:
    if decision.handled_retrain_request and failure is None:
        return decision.handled_retrain_request
    return observed.model.previous.last_handled_retrain_request
