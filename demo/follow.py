"""The loop of the demo: what changed is kept and told, steps are marked, telemetry arrives when its turn has come."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mlflow import MlflowClient

from demo import steps
from demo.kubectl import Kubectl
from demo.record import Record, RegistryState, SeenStatus, SensorRecord
from demo.registry import read_registry
from demo.replayer import Replayer
from demo.sensors import Sensor, time_of
from demo.servers import Servers
from demo.trainer_log import last_words
from demo.view import View
from demo.watch import Change, Watches
from model_contract.keys import LABEL_MODEL
from model_operator.api.sensormodelstatus import SensorModelStatus

_TURN: Final = 0.5  # seconds, at most, between two looks at the clock
_REGISTRY_EVERY: Final = 2.0  # seconds between two reads of MLflow, which cannot be watched
_TRAINERS_EVERY: Final = 5.0  # seconds between two looks into their logs
_OFTEN_TOLD: Final = 5.0  # seconds between two lines about telemetry that arrives


@dataclass
class Follower:
    """One sensor: what is seen of it, how far it is, and its telemetry."""

    sensor: Sensor
    record: SensorRecord
    progress: steps.Progress
    replayer: Replayer
    phase: str = "first"
    told_at: float = 0.0
    heard: str | None = None

    def let_telemetry_come(self, now: float, view: View) -> None:
        """Release the rows of the next phase when its time has come, and deliver what is due."""
        sensor, progress = self.sensor, self.progress
        if self.phase == "first" and progress.has(steps.FIRST_PRODUCTION):
            self.phase = "nominal"
            self._release(sensor.nominal_rows, "new telemetry arrives, nothing has changed", now, view)
        elif self.phase == "nominal" and self.replayer.is_done and progress.has(steps.NO_DRIFT):
            self.phase = "shifted"
            self._release(sensor.all_rows, f"new telemetry arrives, and {sensor.shift.words}", now, view)
        elif self.phase == "shifted" and self.replayer.is_done:
            self.phase = "waiting"
            until = self.record.status.schedule.cooldown_until_time
            if until is not None and not progress.has(steps.RETRAINING):
                view.say(f"  {sensor.name}: all telemetry is there; the policy's cooldown ends at {until:%H:%M:%S} UTC")
        came = self.replayer.tick(now)
        if came and (now - self.told_at >= _OFTEN_TOLD or self.replayer.is_done):
            self.told_at = now
            rows = self.replayer.rows
            view.say(f"  {sensor.name}: telemetry up to {time_of(rows):%d %b %H:%M} (row {rows:,})")

    def _release(self, until: int, words: str, now: float, view: View) -> None:
        view.title(f"{self.sensor.name}: {words}")
        self.replayer.release(until, now)
        self.told_at = now


def follow(followers: list[Follower], watches: Watches, servers: Servers, view: View, deadline: float) -> bool:
    """Watch until every step was seen for every sensor (True), or until `deadline`, in seconds (False).

    Raises:
        ComponentError: the operator has ended.
        RuntimeError: a watch has ended.
    """
    by_name = {follower.sensor.name: follower for follower in followers}
    read_at = heard_at = 0.0
    view.table_head()
    while any(follower.progress.missing for follower in followers):
        now = time.monotonic()
        if now > deadline:
            return False
        for change in watches.next(_TURN):
            _take(change, by_name, view)
        if now - read_at >= _REGISTRY_EVERY:
            read_at = now
            servers.require_operator()
            for follower in followers:
                _look_into_registry(follower, servers.mlflow_client, view)
        if now - heard_at >= _TRAINERS_EVERY:
            heard_at = now
            for follower in followers:
                _listen_to_trainer(follower, servers.kubectl, view)
        for follower in followers:
            for step, proof in follower.progress.update(follower.record):
                view.step(follower.sensor, step, proof, [one.progress for one in followers])
            follower.let_telemetry_come(time.monotonic(), view)
    return True


def _take(change: Change, by_name: Mapping[str, Follower], view: View) -> None:
    """Keep and tell one change, when it is about one of our models."""
    follower = by_name.get(_model_of(change))
    if follower is None or change.type == "DELETED":
        return
    sensor, record, found = follower.sensor, follower.record, change.object
    if change.kind == "SensorModel" and "status" in found:
        status = SensorModelStatus.model_validate(found["status"])
        if record.add_status(SeenStatus(time=datetime.now(UTC), status=status)):
            view.status(sensor, status)
    elif change.kind == "Job":
        before = record.jobs.get(found["metadata"]["name"])
        record.jobs[found["metadata"]["name"]] = found
        if before is None:
            view.job(sensor, found, "is created")
        elif not steps.job_is_complete(before) and steps.job_is_complete(found):
            view.job(sensor, found, "is complete")
    elif change.kind == "Event":
        record.events = [e for e in record.events if e["metadata"]["name"] != found["metadata"]["name"]] + [found]


def _listen_to_trainer(follower: Follower, kubectl: Kubectl, view: View) -> None:
    """Tell what the running trainer says, when it is something new."""
    running = [name for name, job in follower.record.jobs.items() if job.get("status", {}).get("active")]
    words = last_words(kubectl, running[-1]) if running else None
    if words is not None and words != follower.heard:
        follower.heard = words
        view.say(f"  {follower.sensor.name}    └─ trainer: {words}")


def _model_of(change: Change) -> str:
    """The name of the SensorModel that an object is or belongs to."""
    found: dict[str, Any] = change.object
    if change.kind == "SensorModel":
        return str(found["metadata"]["name"])
    if change.kind == "Job":
        return str(found["metadata"].get("labels", {}).get(LABEL_MODEL, ""))
    regarding = found.get("regarding", {})
    return str(regarding.get("name", "")) if regarding.get("kind") == "SensorModel" else ""


def _look_into_registry(follower: Follower, mlflow: MlflowClient, view: View) -> None:
    now: RegistryState = read_registry(mlflow, follower.sensor.registered_model)
    if now != follower.record.registry:
        view.registry(follower.sensor, follower.record.registry, now)
        follower.record.registry = now


def new_record(sensors: Sequence[Sensor], drift_limit_percent: int) -> Record:
    """An empty record that begins now."""
    return Record(
        started=datetime.now(UTC),
        drift_limit_percent=drift_limit_percent,
        sensors={sensor.name: SensorRecord() for sensor in sensors},
    )
