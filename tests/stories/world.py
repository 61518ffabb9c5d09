"""A small world in virtual time: one SensorModel, its Jobs and its registered model, and a transcript of what happens.

The passes are the real decisions, statuses and announcements; what they ask for is done to plain values.
"""

from datetime import datetime, timedelta
from typing import Any

from model_contract.evaluation import EvaluationTask, PredecessorScore
from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_contract.quality.report import QualityReport
from model_contract.result import FailureReason
from model_contract.task import TaskKind, TriggerKind
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.core.announcements import announcements
from model_operator.core.decision import Decision
from model_operator.core.observed import (
    JobObservation,
    Measurement,
    Observed,
    RegisteredModel,
    SensorModelObject,
    Version,
    WindowDrift,
)
from model_operator.core.reconcile import decide
from model_operator.core.registry_writes import apply_write
from model_operator.core.status import status_of
from tests.builders import T0, TRAINER, UID, evaluation, policy, spec


class World:
    """What the story's steps act on; every pass is written into `transcript`."""

    def __init__(self, policy: dict[str, Any] | None = None, **model: Any) -> None:
        self.now = T0
        self.spec = model
        self.policy = policy or {}
        self.generation = 1
        self.annotations: dict[str, str] = {}
        self.status = SensorModelStatus()
        self.jobs: tuple[JobObservation, ...] = ()
        self.registry = RegisteredModel(name="telemanom_P-1")
        self.evaluations: tuple[JobObservation, ...] = ()
        self.drift: Measurement | None = None
        self.scored = 0
        self.transcript: list[str] = []

    # What people and machines do.

    def says(self, sentence: str) -> None:
        """Head a chapter, then let the operator work until it rests."""
        elapsed = self.now - T0
        self.transcript.append(
            f"\n[{elapsed.days}d {elapsed.seconds // 3600:02}h {elapsed.seconds // 60 % 60:02}m] {sentence}"
        )
        self.settle()

    def waits(self, **length: float) -> None:
        """Let time pass."""
        self.now += timedelta(**length)

    def edits(self, **changes: Any) -> None:
        """Change the spec, as `kubectl apply` would."""
        self.spec |= changes
        self.generation += 1

    def job_succeeds(
        self,
        rmse: float,
        *,
        champion: float | None = None,
        verdict: ComparisonVerdict | None = None,
        f1: float | None = None,
    ) -> None:
        """The newest Job registers a complete version."""
        job = self.jobs[0]
        self.jobs = (job.model_copy(update={"succeeded": True, "end_time": self.now}), *self.jobs[1:])
        own = {Kpi.RMSE: rmse} | ({Kpi.F1: f1} if f1 is not None else {})
        kpis = {Subject.CANDIDATE: own, Subject.NAIVE: {Kpi.RMSE: 0.2}, Subject.BASELINE: {Kpi.RMSE: 0.2}}
        number = len(self.registry.versions) + 1
        made = Version(
            version=number,
            run_id=f"run-{number}",
            create_time=self.now,
            job_uid=job.uid,
            owner_uid=UID,
            decision_id=job.decision_id,
            trigger=job.trigger,
            is_complete=True,
            kpis=kpis | ({Subject.CHAMPION: {Kpi.RMSE: champion}} if champion is not None else {}),
            compared_with=self.registry.production if champion is not None else None,
            comparison=verdict,
            improvement_interval=(10.0, 30.0) if verdict else None,
            drift_profile_digest=f"profile-{number}",
            data_end=self.now,
            held_out_start=self.now - timedelta(hours=25),
        )
        update: dict[str, Any] = {"versions": (made, *self.registry.versions)}
        self.registry = self.registry.model_copy(update=update | {"owner": "plant/p-1", "owner_uid": UID})

    def job_fails(self, reason: FailureReason | None = None, message: str = "") -> None:
        """The newest Job ends without a version."""
        failed = {"failed": True, "end_time": self.now, "said": reason, "said_message": message}
        self.jobs = (self.jobs[0].model_copy(update=failed), *self.jobs[1:])

    def job_is_deleted(self) -> None:
        """Somebody deletes the newest Job."""
        self.jobs = self.jobs[1:]

    def evaluation_ends(
        self, *, labels: str | None = None, predecessor: PredecessorScore | None = None, **kpis: float
    ) -> None:
        """The newest evaluation Job leaves a record with the version that serves."""
        job = self.evaluations[0]
        self.evaluations = (job.model_copy(update={"succeeded": True, "end_time": self.now}), *self.evaluations[1:])
        self.scored += 1
        record = evaluation(
            self.scored,
            end=self.now,
            kpis={Kpi(name): value for name, value in kpis.items()},
            predecessor=predecessor,
            labels_digest=labels,
            anomalies=2 if labels else None,
            undetermined=None if labels else "there are no labels",
        )
        versions = tuple(
            version.model_copy(update={"evaluations": (*version.evaluations, record)})
            if version.version == self.registry.production
            else version
            for version in self.registry.versions
        )
        self.registry = self.registry.model_copy(update={"versions": versions})

    def measures(
        self,
        current: WindowDrift,
        previous: WindowDrift | None = None,
        *,
        quality: QualityReport | None = None,
        labels: str | None = None,
    ) -> None:
        """The next passes see this drift, quality and state of the labels."""
        self.drift = Measurement(
            reference_version=self.registry.production or 1,
            profile_digest=f"profile-{self.registry.production}",
            current=current,
            previous=previous,
            quality=quality,
            labels_digest=labels,
        )

    def moves_alias(self, alias: str, version: int | None) -> None:
        """Somebody points an alias at a version in MLflow, or deletes it."""
        self.registry = self.registry.model_copy(update={alias: version})

    def deletes_version(self, number: int) -> None:
        """Somebody deletes a version in MLflow, which deletes its aliases, too."""
        kept = tuple(version for version in self.registry.versions if version.version != number)
        gone = {alias: None for alias in ("production", "staging") if getattr(self.registry, alias) == number}
        self.registry = self.registry.model_copy(update={"versions": kept, **gone})

    def restarts_the_operator(self) -> None:
        """Memory is lost; what Kubernetes and MLflow hold is not."""
        self.drift = None

    # What the operator does.

    def settle(self) -> None:
        """Pass after pass until one changes nothing."""
        for _ in range(20):
            before = (self.status, self.registry, self.jobs, self.evaluations)
            self._pass()
            if before == (self.status, self.registry, self.jobs, self.evaluations):
                return
        raise AssertionError("\n".join(["never comes to rest:", *self.transcript]))

    def _pass(self) -> None:
        observed = self._observe()
        decision = decide(observed, self.now, TRAINER)
        launched = self._act(decision)
        status = status_of(observed, decision, self.now, launched=launched)
        if status != self.status:
            self._write_down(status)
        self.status = status

    def _observe(self) -> Observed:
        return Observed(
            model=SensorModelObject(
                namespace="plant", name="p-1", uid=UID, generation=self.generation, annotations=self.annotations,
                spec=spec(**self.spec), previous=self.status,
            ),
            policy=policy(**self.policy),
            jobs=self.jobs,
            evaluations=self.evaluations,
            registry=self.registry,
            measurement=self.drift,
        )  # fmt: skip

    def _act(self, decision: Decision) -> JobObservation | None:
        for write in decision.registry_writes:
            self.registry = apply_write(self.registry, write)
        if decision.launch is None:
            return None
        task = decision.launch.task
        number = len(self.jobs) + len(self.evaluations) + 1
        started = {
            "create_time": self.now,
            "start_time": self.now,
            "attempt": task.attempt,
            "generation": self.generation,
        }
        if isinstance(task, EvaluationTask):
            score = {"decision_id": task.evaluation_id, "trigger": TriggerKind.PERFORMANCE, "task": TaskKind.EVALUATE}
            job = JobObservation(
                name=f"p-1-job{number}", uid=f"job-uid-{number}", trigger_identity="", **(score | started)
            )
            self.evaluations = (job, *self.evaluations)
            return job
        job = JobObservation(
            name=f"p-1-job{number}",
            uid=f"job-uid-{number}",
            decision_id=task.decision_id,
            trigger=task.trigger.kind,
            trigger_identity=task.trigger.identity,
            **started,
        )
        self.jobs = (job, *self.jobs)
        return job

    def _write_down(self, status: SensorModelStatus) -> None:
        last = status.last_decision
        if last is not None and last != self.status.last_decision:
            self.transcript.append(f"  {last.action} ({last.reason}): {last.message}")
        self.transcript += [
            f"    event {told.type} {told.reason}: {told.note}" for told in announcements(self.status, status)
        ]
        self.transcript.append("    " + ", ".join(f"{c.type}={c.status} {c.reason}" for c in status.conditions))
        row = status.summary
        self.transcript.append(
            f"    STAGE {row.stage} VERSION {row.version or '-'} DRIFT {row.drift or '-'} KPI {row.kpi or '-'}"
            f" NEXT {row.next or '-'} REASON {row.reason}"
        )


def window(end: datetime, severity: str = "None", score: float = 0.1) -> WindowDrift:
    """A judged window of 24 h."""
    statistic = "level: W1 2.10 sigma, reference 0.09 ± 0.03, at most 0.15" if score > 0.5 else "level: W1 0.10 sigma"
    return WindowDrift.model_validate(
        {"start": end - timedelta(hours=24), "end": end, "severity": severity, "score": score, "statistic": statistic}
    )
