"""The operator at work on telemetry that comes row by row: what a replay of the same time must decide again.

The operator is whole but for its outside: cluster, MLflow and the fit of a model are fakes. Telemetry is measured by
the worker's own entry point in a file that grows, and drift profiles are built by the trainer's own code.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model_contract import keys
from model_contract.drift import DriftProfile
from model_contract.evaluation import EvaluationRecord, EvaluationTask
from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.task import DataWindow, DriftWindows, TaskKind, TelemetrySource, TrainingTask
from model_operator.api.sensormodelstatus import DecisionRecord
from model_operator.api.vocabulary import Action
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement, RegisteredModel
from model_operator.gateways import telemetry_worker
from model_operator.gateways.resources import Resource
from model_trainer.data.cleaning import clean
from model_trainer.data.sources import read_readings
from model_trainer.profile import drift_profile
from tests.builders import kpis, version
from tests.fakes import EPOCH, FakeCluster
from tests.plugin.plan.sensors import ROWS, WINDOW, Values, rows_until, write
from tests.shell.objects import Object, retraining_policy, sensor_model
from tests.shell.rig import LoopClock, Operator, World, settle

REGISTERED = "telemanom_P-1"
TRAINING = timedelta(minutes=20)
EVALUATION = timedelta(minutes=5)
LOOKBACK = 7 * WINDOW
SPEC = {"training": {"lookback": "28h"}}
DRIFT = {"currentWindow": "4h", "referenceWindow": "28h"}


class Told(NamedTuple):
    """A decision as the operator wrote it down."""

    time: datetime
    action: Action
    reason: str
    identity: str  # of the trigger of a training


class Lived(NamedTuple):
    """What a time has left behind."""

    decisions: list[Told]
    model: Object
    registry: RegisteredModel
    profiles: dict[str, bytes]  # by run


class GrowingFile:
    """Implements `Telemetry` by the worker's entry point; rows come when their time has come."""

    def __init__(self, path: Path, values: Values) -> None:
        self.path = path
        self._values = values

    def grow(self) -> None:
        write(self.path, self._values, rows_until(LoopClock().now()))

    async def measure(self, plan: MeasurementPlan, profile: bytes | None, now: datetime) -> Measurement:
        self.grow()
        roots = (str(self.path.parent),)
        return Measurement.model_validate_json(telemetry_worker.measure(plan.model_dump_json(), profile, now, roots))


class LiveCluster(FakeCluster):
    """Writes decisions down, and hands Jobs to whoever trains."""

    def __init__(self) -> None:
        super().__init__()
        self.decisions: list[Told] = []
        self.created: asyncio.Queue[Object] = asyncio.Queue()

    async def create_job(self, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        created = {"creationTimestamp": LoopClock().now().isoformat()}
        job = await super().create_job(namespace, {**manifest, "metadata": {**manifest["metadata"], **created}})
        self.created.put_nowait(job)
        return job

    async def apply_status(
        self, resource: Resource, namespace: str, name: str, status: Mapping[str, Any], *, resource_version: str
    ) -> dict[str, Any]:
        before = self.objects[resource, namespace, name].get("status", {}).get("lastDecision")
        answer = await super().apply_status(resource, namespace, name, status, resource_version=resource_version)
        if resource is Resource.SENSOR_MODEL and status.get("lastDecision") != before:
            self._write_down(DecisionRecord.model_validate(status["lastDecision"]))
        return answer

    def _write_down(self, last: DecisionRecord) -> None:
        jobs = [obj for (resource, _, _), obj in self.objects.items() if resource is Resource.JOB]
        identity = ""
        if last.action is Action.TRAIN:
            newest = max(jobs, key=lambda job: str(job["metadata"]["creationTimestamp"]))
            identity = newest["metadata"]["annotations"][keys.ANNOTATION_TRIGGER_IDENTITY]
        self.decisions.append(Told(LoopClock().now(), last.action, last.reason, identity))


Score = Callable[[EvaluationTask], float]


async def live(
    folder: Path,
    values: Values,
    policy: Object,
    *,
    lasts: timedelta,
    refused: tuple[int, ...] = (),
    score: Score = lambda _: 0.1,
) -> Lived:
    """Let the operator look after one model whose version 1 has just become Production.

    Args:
        folder: for the telemetry.
        values: all rows that come.
        policy: spec of the RetrainingPolicy.
        lasts: how long.
        refused: versions that are no better than their champion.
        score: RMSE that an evaluation finds.
    """
    world = World()
    world.cluster = cluster = LiveCluster()
    file = GrowingFile(folder / "p-1.parquet", values)
    world.telemetry = file  # type: ignore[assignment]
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec=policy))
    model = world.put(Resource.SENSOR_MODEL, sensor_model(spec=SPEC | {"telemetry": {"uri": file.path.as_uri()}}))
    file.grow()
    first = _profile(TelemetrySource(uri=file.path.as_uri()), DataWindow(lookback_seconds=LOOKBACK.total_seconds()))
    world.serve("p-1", drift_profile_digest=first.digest, data_end=EPOCH)
    world.registry.profiles["run-of-p-1"] = first.to_bytes()
    async with Operator(world) as operator:
        trainer = asyncio.create_task(Trainer(world, operator, file, refused, score).work())
        await settle(lasts.total_seconds())
        trainer.cancel()
        with suppress(asyncio.CancelledError):
            await trainer
    profiles = dict(world.registry.profiles)
    return Lived(cluster.decisions, model, world.registry.models[REGISTERED], profiles)


class Trainer:
    """Does what Jobs ask for, each after a while; what it reads is there when the Job is created."""

    def __init__(
        self, world: World, operator: Operator, file: GrowingFile, refused: tuple[int, ...], score: Score
    ) -> None:
        self._world = world
        self._operator = operator
        self._file = file
        self._refused = refused
        self._score = score

    async def work(self) -> None:
        async with asyncio.TaskGroup() as jobs:
            while True:
                job = await self._world.cluster.created.get()  # type: ignore[attr-defined]
                self._file.grow()
                scores = job["metadata"]["labels"].get(keys.LABEL_TASK) == TaskKind.EVALUATE
                jobs.create_task(self._evaluate(job) if scores else self._train(job))

    async def _train(self, job: Object) -> None:
        task = TrainingTask.model_validate_json(_task_of(job))
        profile = _profile(task.telemetry, task.window, task.drift)
        await asyncio.sleep(TRAINING.total_seconds())
        registry = self._world.registry
        number = len(registry.models[REGISTERED].versions) + 1
        better = number not in self._refused
        made = version(
            number,
            run_id=f"run-{number}",
            create_time=LoopClock().now(),
            job_uid=job["metadata"]["uid"],
            owner_uid=task.sensor_model.uid,
            decision_id=task.decision_id,
            compared_with=task.champion_version,
            comparison=ComparisonVerdict.BETTER if better else ComparisonVerdict.NOT_BETTER,
            kpis=kpis(0.08 if better else 0.12, champion=0.1),
            drift_profile_digest=profile.digest,
            data_end=profile.end,
            trigger=task.trigger.kind,
        )
        registry.register(REGISTERED, made)
        registry.profiles[made.run_id] = profile.to_bytes()
        self._end(job)

    async def _evaluate(self, job: Object) -> None:
        task = EvaluationTask.model_validate_json(_task_of(job))
        await asyncio.sleep(EVALUATION.total_seconds())
        record = EvaluationRecord(
            time=LoopClock().now(),
            run_id="evaluation",
            job_uid=job["metadata"]["uid"],
            evaluation_id=task.evaluation_id,
            window=task.window,
            rows=ROWS,
            kpis={Kpi.RMSE: self._score(task)},
        )
        model = self._world.registry.models[REGISTERED]
        versions = tuple(
            one.model_copy(update={"evaluations": (*one.evaluations, record)}) if one.version == task.version else one
            for one in model.versions
        )
        self._world.registry.models[REGISTERED] = model.model_copy(update={"versions": versions})
        self._end(job)

    def _end(self, job: Object) -> None:
        end = LoopClock().now().isoformat()
        ended = {"type": "Complete", "status": "True", "lastTransitionTime": end}
        done = {**job, "status": {"completionTime": end, "conditions": [ended]}}
        self._operator.tell(Resource.JOB, self._world.cluster.put(Resource.JOB, done))


def _task_of(job: Object) -> str:
    env = {one["name"]: one.get("value") for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    return (env[keys.ENV_TASK] or "").replace("$$(", "$(")


def _profile(source: TelemetrySource, window: DataWindow, drift: DriftWindows | None = None) -> DriftProfile:
    telemetry = clean(read_readings(source, window), None)
    windows = drift or DriftWindows(reference_seconds=LOOKBACK.total_seconds(), current_seconds=WINDOW.total_seconds())
    profile = drift_profile(telemetry, windows, np.full(telemetry.rows, np.nan), fitted_rows=0)
    assert profile is not None
    return profile
