"""The steps are seen where they happened, and nowhere else."""

import pytest

from demo import steps
from demo.record import Record, RegistryState, SensorRecord
from demo.sensors import SENSORS, Sensor
from model_operator.api.vocabulary import Stage

P_1, D_5 = SENSORS


def until_version_1_was_production(record: SensorRecord) -> SensorRecord:
    """What had been seen of a complete run when version 1 had just become Production."""
    first = record.registry.versions[0].model_copy(update={"stage": Stage.PRODUCTION})
    statuses = [seen for seen in record.statuses if seen.status.summary.version != "2"]
    then = next(at for at, seen in enumerate(statuses) if seen.status.stages.production)
    jobs = {name: job for name, job in record.jobs.items() if "Initial" in job["metadata"]["labels"].values()}
    return SensorRecord(
        statuses=statuses[: then + 1], jobs=jobs, registry=RegistryState(production=1, versions=(first,))
    )


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_a_complete_run_shows_every_step(recorded: Record, sensor: Sensor) -> None:
    progress, record = steps.Progress(sensor), recorded.sensors[sensor.name]
    seen = progress.update(until_version_1_was_production(record)) + progress.update(record)
    assert [step for step, _ in seen] == list(steps.STEPS)
    assert progress.missing == []


def test_nothing_is_seen_before_anything_happened() -> None:
    progress = steps.Progress(P_1)
    assert progress.update(SensorRecord()) == []
    assert progress.missing == list(steps.STEPS)


def test_before_the_second_version_only_the_first_three_steps_are_seen(recorded: Record) -> None:
    progress = steps.Progress(P_1)
    seen = progress.update(until_version_1_was_production(recorded.sensors["p-1"]))
    assert [step for step, _ in seen] == [steps.FIRST_TRAINING, steps.FIRST_COMPLETE, steps.FIRST_PRODUCTION]


def test_a_step_is_told_once(recorded: Record) -> None:
    progress = steps.Progress(P_1)
    progress.update(recorded.sensors["p-1"])
    assert progress.update(recorded.sensors["p-1"]) == []


def test_a_step_stays_seen_when_later_statuses_say_something_else(recorded: Record) -> None:
    progress = steps.Progress(P_1)
    progress.update(until_version_1_was_production(recorded.sensors["p-1"]))
    progress.update(recorded.sensors["p-1"])
    assert progress.has(steps.FIRST_PRODUCTION)


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_the_proofs_hold_the_numbers(recorded: Record, sensor: Sensor) -> None:
    progress = steps.Progress(sensor)
    progress.update(recorded.sensors[sensor.name])
    assert "(None) in the window" in progress.proofs[steps.NO_DRIFT.name]
    assert progress.proofs[steps.DRIFT.name].startswith("1.00 (Critical) in the window")
    assert progress.proofs[steps.COMPARED.name].endswith(": Better")


def test_production_needs_the_status_and_mlflow_to_agree(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    record.registry = record.registry.model_copy(update={"production": 1})
    assert steps.PROMOTED.seen(record, P_1) is None


def test_production_is_not_seen_in_mlflow_alone(recorded: Record) -> None:
    record = SensorRecord(registry=recorded.sensors["p-1"].registry)
    assert steps.PROMOTED.seen(record, P_1) is None


def test_a_retraining_that_something_else_started_does_not_count(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    for job in record.jobs.values():
        job["metadata"]["labels"]["sensormodel.io/trigger"] = "Schedule"
    assert steps.RETRAINING.seen(record, P_1) is None


def test_a_job_that_failed_is_not_complete(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    for job in record.jobs.values():
        job["status"]["conditions"] = [{"type": "Failed", "status": "True"}]
    assert steps.RETRAINED.seen(record, P_1) is None


def test_telemetry_of_the_first_training_proves_no_absence_of_drift(recorded: Record) -> None:
    """Only windows of new telemetry count."""
    record = recorded.sensors["d-5"]
    record.statuses = [
        seen
        for seen in record.statuses
        if seen.status.assessment
        and seen.status.assessment.drift
        and seen.status.assessment.drift.window_start_time >= D_5.shift_time
    ]
    assert steps.NO_DRIFT.seen(record, D_5) is None


def test_drift_from_the_new_version_is_not_the_drift_that_was_waited_for(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    record.statuses = [
        seen
        for seen in record.statuses
        if seen.status.assessment
        and seen.status.assessment.drift
        and seen.status.assessment.drift.reference_version > 1
    ]
    assert record.statuses != []
    assert steps.DRIFT.seen(record, P_1) is None


def test_a_version_that_was_compared_with_another_champion_does_not_count(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    versions = tuple(
        version.model_copy(update={"tags": version.tags | {"sensormodel.io/champion-version": "7"}})
        for version in record.registry.versions
    )
    record.registry = RegistryState(production=2, versions=versions)
    assert steps.COMPARED.seen(record, P_1) is None


def test_version_1_is_archived_only_when_mlflow_says_so(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    versions = tuple(v.model_copy(update={"stage": Stage.PRODUCTION}) for v in record.registry.versions)
    record.registry = RegistryState(production=2, versions=versions)
    assert steps.ARCHIVED.seen(record, P_1) is None
