"""One model in virtual time: the passes of `shell.passes`, on values instead of a cluster and MLflow.

`core.replay.loop` says when. What a pass asks for is done to the model's own Jobs and registered model; a measurement
that is due is made within the pass, because in virtual time it takes none.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from model_contract.task import TrainingTask
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Action, ConditionType, Reason
from model_operator.core.decision import Decision, LaunchJob
from model_operator.core.job_manifest import TrainerDefaults
from model_operator.core.measure import MeasurementPlan, next_measurement_at, plan_measurement
from model_operator.core.observed import (
    BudgetUse,
    JobObservation,
    Measurement,
    Observed,
    PolicyObject,
    SensorModelObject,
)
from model_operator.core.promotion_steps import PROMOTE_REQUEST
from model_operator.core.reconcile import decide
from model_operator.core.registry_writes import after_writes
from model_operator.core.replay.history import History, RecordedModel
from model_operator.core.replay.outcome import ReplayedDecision, ReplayedModel
from model_operator.core.replay.record import registry_at
from model_operator.core.replay.training import Assumptions, replayed_job
from model_operator.core.replay.trainings import Trainings
from model_operator.core.status import status_of

_TRAINER: Final = TrainerDefaults(image="replayed", mlflow_tracking_uri="replayed")
_MOST_PASSES: Final = 50  # at one instant; a real model rests after four


class _Measured(NamedTuple):
    plan: MeasurementPlan
    at: datetime
    result: Measurement


class ModelInTime:
    """The state of one model, moved on by `run`.

    Attributes:
        due: when its next pass is; None: never.
        decisions: so far.
        trainings: so far.
        waits_since: since when a training waits for a place in the budget; None: none waits.
    """

    def __init__(self, model: RecordedModel, history: History, assumptions: Assumptions, joined_at: datetime) -> None:
        self.due: datetime | None = joined_at
        self.decisions: list[ReplayedDecision] = []
        self.trainings = Trainings(model, history, assumptions, joined_at)
        self.waits_since: datetime | None = None
        self._model = model
        self._history = history
        self._joined_at = self._ran_at = joined_at
        self._registry = registry_at(model.registry, joined_at)
        self._status = SensorModelStatus()
        self._annotations: dict[str, str] = {}
        self._evaluations: tuple[JobObservation, ...] = ()
        self._measured: _Measured | None = None
        self._measure_at: datetime | None = None
        self._drifting = self._waiting = timedelta()

    @property
    def drift_score(self) -> float:
        """Of the newest judged window; 0 without one."""
        found = self._status.assessment.drift if self._status.assessment else None
        return float(found.score) if found else 0.0

    @property
    def is_drifting(self) -> bool:
        """Whether drift from the Production version is confirmed."""
        kinds = {condition.type: condition.status for condition in self._status.conditions}
        return kinds.get(ConditionType.DRIFT_DETECTED) == "True"

    def run(self, now: datetime, policy: PolicyObject, budget: BudgetUse) -> None:
        """Pass after pass at this instant until one changes nothing."""
        self.pass_time(now)
        scored = self._newest_score()
        self._registry = self.trainings.catch_up(self._registry, now)
        if self._newest_score() != scored:
            self._evaluations = ()  # the Job that was running has given its record
        for _ in range(_MOST_PASSES):
            before = (self._status, self._registry, self.trainings.jobs, self._evaluations, self._annotations)
            decision = self._pass(now, policy, budget)
            if before == (self._status, self._registry, self.trainings.jobs, self._evaluations, self._annotations):
                self._rest(decision, now)
                return
        raise RuntimeError(f"{self._model.key}: the decisions of {now} never come to rest")

    def pass_time(self, now: datetime) -> None:
        """Count how long the model drifted and waited since its last pass."""
        elapsed, self._ran_at = now - self._ran_at, now
        if self.is_drifting:
            self._drifting += elapsed
        if self.waits_since:
            self._waiting += elapsed

    def outcome(self) -> ReplayedModel:
        """How the model fared."""
        return ReplayedModel(
            key=self._model.key,
            joined_at=self._joined_at,
            drifting=self._drifting,
            waiting=self._waiting,
            scored_at=self._newest_score(),
        )

    def _newest_score(self) -> datetime | None:
        return max((record.time for v in self._registry.versions for record in v.evaluations), default=None)

    def _rest(self, decision: Decision, now: datetime) -> None:
        waits = decision.reason is Reason.BUDGET_EXHAUSTED
        self.waits_since = (self.waits_since or now) if waits else None
        times = (decision.look_again_at, self._measure_at, self.trainings.next_event(self._registry, now))
        self.due = min((time for time in times if time is not None and time > now), default=None)

    def _pass(self, now: datetime, policy: PolicyObject, budget: BudgetUse) -> Decision:
        observed = self._measure(self._observe(now, policy, budget), now)
        decision = decide(observed, now, _TRAINER)
        self._registry = after_writes(self._registry, decision.registry_writes)
        launched = self._launch(decision.launch, decision, now) if decision.launch else None
        if decision.action is Action.AWAIT_APPROVAL and self._registry.staging:  # a person approves at once
            self._annotations = {PROMOTE_REQUEST: f"{self._registry.staging}@{now.isoformat()}"}
        status = status_of(observed, decision, now, launched=launched)
        self._note(decision, status, now)
        self._status = status
        return decision

    def _observe(self, now: datetime, policy: PolicyObject, budget: BudgetUse) -> Observed:
        model = self._model
        return Observed(
            model=SensorModelObject(
                namespace=model.namespace,
                name=model.name,
                uid=model.uid,
                generation=model.generation,
                annotations=self._annotations,
                spec=model.spec,
                previous=self._status,
            ),
            policy=policy,
            jobs=self.trainings.known_jobs(now, timedelta(seconds=_TRAINER.job_ttl_seconds)),
            evaluations=self._evaluations,
            registry=self._registry,
            budget=budget,
        )

    def _measure(self, observed: Observed, now: datetime) -> Observed:
        """The snapshot with its measurement, made anew when one is due.

        Between two instants at which it could find something else, measurements are not made but counted, so that
        they stay on the grid of the check interval.
        """
        self._measure_at = None
        plan = plan_measurement(observed)
        if plan is None:
            return observed
        measured = self._measured if self._measured and self._measured.plan == plan else None
        due = next_measurement_at(observed, measured.at if measured else None)
        if due is not None and due <= now:
            at = now if measured is None else _last_on_grid(measured.at, due - measured.at, now)
            self._measured = measured = _Measured(plan, at, self._history.measure(plan, at))
            due = next_measurement_at(observed, at)
        if measured is None:
            self._measure_at = due
            return observed
        changes_at = self._history.changes_at(plan, measured.at)
        if due is not None and changes_at is not None:
            self._measure_at = _first_on_grid(measured.at, due - measured.at, changes_at)
        return observed.model_copy(update={"measurement": measured.result})

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


def _last_on_grid(origin: datetime, step: timedelta, now: datetime) -> datetime:
    return origin + (now - origin) // step * step


def _first_on_grid(origin: datetime, step: timedelta, instant: datetime) -> datetime:
    """The first origin + n steps, n at least 1, that is not before the instant."""
    return origin + max(1, -((origin - instant) // step)) * step
