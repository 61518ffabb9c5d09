"""One model in virtual time: the passes of `shell.passes`, on values instead of a cluster and MLflow.

`core.replay.fleet` says when. What a pass asks for is done to the model's own Jobs and registered model.
"""

from datetime import datetime, timedelta
from typing import Final

from model_contract.task import TaskKind, TrainingTask
from model_operator.api.requests import PROMOTE_REQUEST
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Action, ConditionType
from model_operator.core.claim import Claim, claim_of
from model_operator.core.decision import Decision, LaunchJob
from model_operator.core.job_manifest import TrainerDefaults
from model_operator.core.observed import (
    BudgetUse,
    JobObservation,
    Observed,
    PolicyObject,
    SensorModelObject,
)
from model_operator.core.reconcile import decide
from model_operator.core.registry_writes import after_writes
from model_operator.core.replay.history import History, RecordedModel
from model_operator.core.replay.measuring import Measuring
from model_operator.core.replay.outcome import ReplayedDecision, ReplayedModel
from model_operator.core.replay.record import registry_at
from model_operator.core.replay.tally import Tally
from model_operator.core.replay.training import Assumptions, replayed_job
from model_operator.core.replay.trainings import Trainings
from model_operator.core.status import status_of

_TRAINER: Final = TrainerDefaults(image="replayed", mlflow_tracking_uri="replayed")
_MOST_PASSES: Final = 50  # at one instant; a real model rests after four


class ModelInTime:
    """The state of one model, moved on by `run`.

    Attributes:
        due: when its next pass is; None: never.
        decisions: so far.
        trainings: so far.
    """

    def __init__(
        self,
        model: RecordedModel,
        history: History,
        assumptions: Assumptions,
        *,
        joins_at: datetime,
        leaves_at: datetime,
    ) -> None:
        self.due: datetime | None = joins_at if joins_at <= leaves_at else None
        self.decisions: list[ReplayedDecision] = []
        self.trainings = Trainings(model, history, assumptions, joins_at)
        self._waits = False  # whether a training waits for a place in the budget
        self._model = model
        self._joined_at = self._ran_at = joins_at
        self._leaves_at = leaves_at
        self._registry = registry_at(model.registry, joins_at)
        self._status = SensorModelStatus()
        self._annotations: dict[str, str] = {}
        self._evaluations: tuple[JobObservation, ...] = ()
        self._measuring = Measuring(history)
        self._tally = Tally(joins_at)

    @property
    def true_conditions(self) -> tuple[str, ...]:
        """Types of the conditions that are True."""
        return tuple(condition.type for condition in self._status.conditions if condition.status == "True")

    @property
    def drifting_since(self) -> datetime | None:
        """Since when drift from the Production version is confirmed; None: it is not."""
        drift = ConditionType.DRIFT_DETECTED
        found = (one for one in self._status.conditions if (one.type, one.status) == (drift, "True"))
        return next((condition.last_transition_time for condition in found), None)

    @property
    def has_place(self) -> bool:
        """Whether a training of the model had a place in the budget after its last pass."""
        return self.trainings.runs_at(self._ran_at)

    def waits_at(self, now: datetime) -> bool:
        """Whether a training waits for a place in the budget."""
        return self._waits and now <= self._leaves_at

    def claim(self, now: datetime) -> Claim:
        """To the next place in the budget."""
        return claim_of(self._object(), self._measuring.newest, now)

    def run(self, now: datetime, policy: PolicyObject, budget: BudgetUse) -> None:
        """Pass after pass at this instant until one changes nothing."""
        self._tally.count(now, self._status, waits=self._waits)
        self._ran_at = now
        scored = self._newest_score()
        self._registry = self.trainings.catch_up(self._registry, now)
        if self._newest_score() != scored:
            self._evaluations = ()  # the Job that was running has given its record
        for _ in range(_MOST_PASSES):
            before = self._state()
            decision = self._pass(now, policy, budget)
            if not self._measuring.make() and before == self._state():
                self._rest(decision, now)
                return
        raise RuntimeError(f"{self._model.key}: the decisions of {now} never come to rest")

    def _state(self) -> tuple[object, ...]:
        """What a pass can change."""
        return self._status, self._registry, self.trainings.jobs, self._evaluations, self._annotations

    def outcome(self) -> ReplayedModel:
        """How the model fared."""
        self._tally.count(self._leaves_at, self._status, waits=self._waits)
        return ReplayedModel(
            key=self._model.key,
            joined_at=self._joined_at,
            left_at=self._leaves_at,
            drifting=self._tally.drifting,
            unhealthy=self._tally.unhealthy,
            waiting=self._tally.waiting,
            scored_at=self._newest_score(),
        )

    def _newest_score(self) -> datetime | None:
        return max((record.time for v in self._registry.versions for record in v.evaluations), default=None)

    def _rest(self, decision: Decision, now: datetime) -> None:
        self._waits = decision.waits_for is TaskKind.TRAIN
        times = (decision.look_again_at, self._measuring.next_at, self.trainings.next_event(self._registry, now))
        self.due = min((time for time in times if time is not None and now < time <= self._leaves_at), default=None)

    def _pass(self, now: datetime, policy: PolicyObject, budget: BudgetUse) -> Decision:
        observed = self._measuring.observe(self._observe(now, policy, budget), now)
        decision = decide(observed, now, _TRAINER)
        self._registry = after_writes(self._registry, decision.registry_writes)
        launched = self._launch(decision.launch, decision, now) if decision.launch else None
        if decision.action is Action.AWAIT_APPROVAL and self._registry.staging:  # a person approves at once
            self._annotations = {PROMOTE_REQUEST: f"{self._registry.staging}@{now.isoformat()}"}
        status = status_of(observed, decision, now, launched=launched)
        self._note(decision, status, now)
        self._status = status
        return decision

    def _object(self) -> SensorModelObject:
        model = self._model
        return SensorModelObject(
            namespace=model.namespace,
            name=model.name,
            uid=model.uid,
            generation=model.generation,
            annotations=self._annotations,
            spec=model.spec,
            previous=self._status,
        )

    def _observe(self, now: datetime, policy: PolicyObject, budget: BudgetUse) -> Observed:
        return Observed(
            model=self._object(),
            policy=policy,
            jobs=self.trainings.known_jobs(now, timedelta(seconds=_TRAINER.job_ttl_seconds)),
            evaluations=self._evaluations,
            registry=self._registry,
            budget=budget,
        )

    def _launch(self, launch: LaunchJob, decision: Decision, now: datetime) -> JobObservation:
        if isinstance(launch.task, TrainingTask):
            return self.trainings.start(launch.task, launch.manifest, decision, self._registry, now)
        job = replayed_job(launch.manifest, uid=f"evaluation-{len(self._evaluations)}", now=now)
        self._evaluations = (job, *self._evaluations)  # it never ends: only recorded evaluations give numbers
        return job

    def _note(self, decision: Decision, status: SensorModelStatus, now: datetime) -> None:
        last = status.last_decision
        if last is None or last == self._status.last_decision:
            return
        task = decision.launch.task if decision.launch else None
        self.decisions.append(
            ReplayedDecision(
                time=now,
                model=self._model.key,
                action=last.action,
                reason=last.reason,
                message=last.message,
                identity=task.trigger.identity if isinstance(task, TrainingTask) else "",
            )
        )
