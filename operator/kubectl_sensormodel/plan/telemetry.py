"""The past that a replay asks for, from telemetry cut at an instant of virtual time.

Implements `model_operator.core.replay.History`: measurements by the worker's own code, trainings by the trainer's own
rules. What was found once is kept, so that the policies that are compared share it.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from kubectl_sensormodel.plan.places import Recordings
from kubectl_sensormodel.plan.profiles import Profiles
from kubectl_sensormodel.plan.recording import Recording
from model_contract.drift import DriftError
from model_contract.hyperparameters import validate_hyperparameters
from model_contract.task import TrainingTask, Trigger, TriggerKind
from model_operator.api.base import parse_duration
from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.core.replay import Trained, Untrainable
from model_operator.gateways.errors import GatewayError
from model_operator.gateways.telemetry_files import TelemetryProblem
from model_operator.gateways.telemetry_measuring import judge_windows
from model_operator.gateways.telemetry_windows import Window, nanoseconds, nanoseconds_since_epoch
from model_operator.gateways.telemetry_worker import without_verdict
from model_trainer.data.cleaning import clean
from model_trainer.data.split import require_enough, split_by_time
from model_trainer.errors import TrainingEnded
from model_trainer.profile import drift_profile

_FIRST: Final = -(2**63)
_ANY: Final = Trigger(kind=TriggerKind.INITIAL, identity="", message="")
_OF_NOBODY: Final = {"model": "", "version": 1, "run_id": ""}  # what a measurement does not depend on


class _Look(NamedTuple):
    """What decides a measurement: plans and instants that agree in it find the same."""

    plan: MeasurementPlan
    window_end: int
    is_stale: bool


class TelemetryHistory:
    """Implements `History`.

    Args:
        recordings: the telemetry of the sensors.
        profiles: of recorded versions; those of assumed versions are added.
    """

    def __init__(self, recordings: Recordings, profiles: Profiles) -> None:
        self._recordings = recordings
        self._profiles = profiles
        self._measured: dict[_Look, Measurement] = {}
        self._trained: dict[tuple[str, int], Trained | Untrainable] = {}

    def measure(self, plan: MeasurementPlan, now: datetime) -> Measurement:
        """What the operator's worker would have found."""
        recording = self._recordings.of(plan.telemetry)
        try:
            look = self._look(plan, recording, now)
            if look not in self._measured:
                table = recording.until(now)
                self._measured[look] = judge_windows(plan, self._profiles.content(plan), table, now)
            found = self._measured[look]
        except TelemetryProblem as problem:
            return without_verdict(plan, problem.reason, str(problem))
        except DriftError as error:
            return without_verdict(plan, Reason.NO_DRIFT_PROFILE, f"version {plan.version}: {error}")
        except GatewayError as error:
            message = f"drift profile of version {plan.version}: {error}"
            return without_verdict(plan, Reason.REGISTRY_UNAVAILABLE, message)
        return found.model_copy(update={"reference_version": plan.version})

    def changes_at(self, plan: MeasurementPlan, now: datetime) -> datetime | None:
        """When the next window is complete, or the newest row becomes too old."""
        recording = self._recordings.of(plan.telemetry)
        length, sampling = self._lengths(plan, recording)
        newest = recording.newest_at(now)
        if newest is None:
            return recording.oldest
        end = Window.newest_complete(newest, length, sampling).end + nanoseconds(length)
        times = [recording.first_from(end - nanoseconds(sampling))]
        if plan.max_age_seconds is not None:
            times.append(recording.silence_after(now, timedelta(seconds=plan.max_age_seconds)))
            times.append(recording.first_from(newest + 1) if self._is_stale(plan, newest, now) else None)
        return min((time for time in times if time is not None), default=None)

    def train(self, task: TrainingTask, now: datetime) -> Trained | Untrainable:
        """Read, clean and split as the trainer does, and build the drift profile that it would have built.

        The model itself is not fitted: its own errors are not in the profile.
        """
        recording = self._recordings.of(task.telemetry)
        newest = recording.newest_at(now)
        if newest is None:
            newest = nanoseconds_since_epoch(now)
        what = task.model_copy(update={"decision_id": "", "attempt": 1, "champion_version": None, "trigger": _ANY})
        key = (what.model_dump_json(), newest)
        if key not in self._trained:
            self._trained[key] = self._train(task, recording, newest)
        return self._trained[key]

    def _train(self, task: TrainingTask, recording: Recording, newest: int) -> Trained | Untrainable:
        lookback = task.window.lookback_seconds
        since = newest - nanoseconds(lookback) if lookback else _FIRST
        try:
            telemetry = clean(recording.training_readings(since, newest), task.telemetry.sampling_interval_seconds)
            horizon = validate_hyperparameters(task.model_type, task.hyperparameters).n_predictions
            require_enough(split_by_time(telemetry.rows), telemetry.segments, horizon)
        except TrainingEnded as ended:
            return Untrainable(reason=ended.reason, message=ended.message)
        unknown = np.full(telemetry.rows, np.nan)
        profile = drift_profile(telemetry, task.drift, unknown, fitted_rows=0)
        return Trained(data_end=telemetry.end, profile_digest=self._profiles.add(profile) if profile else None)

    def _look(self, plan: MeasurementPlan, recording: Recording, now: datetime) -> _Look:
        newest = recording.newest_at(now)
        if newest is None:
            raise TelemetryProblem(Reason.INSUFFICIENT_DATA, f"{plan.telemetry.uri}: there are no rows")
        window = Window.newest_complete(newest, *self._lengths(plan, recording))
        return _Look(plan.model_copy(update=_OF_NOBODY), window.end, self._is_stale(plan, newest, now))

    def _lengths(self, plan: MeasurementPlan, recording: Recording) -> tuple[float, float]:
        """Length of a window and of a sampling interval, in seconds: those of the profile where there is one."""
        profile = self._profiles.parsed(plan)
        if profile is not None:
            return profile.window_rows * profile.sampling_seconds, profile.sampling_seconds
        given = plan.telemetry.sampling_interval
        return plan.window_seconds, parse_duration(given).total_seconds() if given else recording.sampling_seconds

    @staticmethod
    def _is_stale(plan: MeasurementPlan, newest: int, now: datetime) -> bool:
        if plan.max_age_seconds is None:
            return False
        return nanoseconds_since_epoch(now) - newest > nanoseconds(plan.max_age_seconds)
