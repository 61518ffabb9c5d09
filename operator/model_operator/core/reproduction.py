"""What a person's request to rebuild a version becomes: a task, and from it a Job by `job_manifest.build_job`.

Called by `kubectl sensormodel reproduce`, which creates the Job with the rights of the person who asks. The operator
neither makes such Jobs nor counts them: they hold no place in a budget and stand in the way of no training.
"""

from datetime import UTC, datetime

from model_contract.reproduction import Reproduces, ReproductionTask
from model_contract.task import SensorModelIdentity, TaskKind
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.core.identity import decision_id
from model_operator.core.observed import SensorModelObject


def reproduction_task(
    model: SensorModelObject, spec: SensorModelSpec, reproduces: Reproduces, asked_at: datetime, message: str = ""
) -> ReproductionTask:
    """The task that trains a version again.

    Args:
        model: whose version it is.
        spec: of the model.
        reproduces: the version and its run, as the registry names them.
        asked_at: with its offset; asking again is another Job.
        message: who asks, and why, for people.
    """
    identity = f"{reproduces.version}/{asked_at.astimezone(UTC).isoformat()}"
    return ReproductionTask(
        reproduction_id=decision_id(model.uid, TaskKind.REPRODUCE, identity),
        sensor_model=SensorModelIdentity(namespace=model.namespace, name=model.name, uid=model.uid),
        sensor_id=spec.sensor_id,
        experiment=spec.experiment,
        registered_model=spec.registered_model,
        reproduces=reproduces,
        message=message,
    )
