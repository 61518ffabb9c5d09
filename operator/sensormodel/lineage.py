"""Where a version comes from: data, code, image, parameters, seed, trigger and Job. Pure; `registry.py` fetches.

All of it stands in tags and parameters of the version's run, written by the trainer. What is not on record is named in
`missing`; nothing is guessed.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from mlflow.entities import Run as RunEntity
from mlflow.entities.model_registry import ModelVersion
from pydantic import Field, ValidationError

from model_contract.keys import Tag
from model_contract.task import TrainingTask
from model_operator.api.base import Instant, KubeModel
from model_operator.core.identity import job_name
from sensormodel.versions import instant_in

_ENVIRONMENT: Final = "environment."


class DataOrigin(KubeModel):
    """The telemetry that the version was trained and judged on."""

    uri: str | None
    digest: Annotated[str | None, Field(description="sha256 over every reading of the window")]
    start: Instant | None
    end: Instant | None
    rows: int | None
    columns: tuple[str, ...]


class CodeOrigin(KubeModel):
    """What ran."""

    revision: Annotated[str | None, Field(description="git commit that the trainer's image was built from")]
    image: str | None
    packages_digest: Annotated[str | None, Field(description="sha256 over all installed packages")]
    environment: Annotated[dict[str, str], Field(description="interpreter, platform and packages")]


class Asked(KubeModel):
    """Why the version was trained, and by which Job."""

    sensor_model: Annotated[str | None, Field(description="namespace/name")]
    trigger: str | None
    message: str | None
    decision_id: str | None
    job_name: str | None
    job_uid: str | None
    attempt: int | None
    champion_version: Annotated[int | None, Field(description="that it was compared with; none: it was the first")]


class Lineage(KubeModel):
    """All that a version depends on."""

    registered_model: str
    version: int
    run_id: str
    create_time: Instant
    data: DataOrigin
    code: CodeOrigin
    asked: Asked
    seed: int | None
    parameters: dict[str, str]
    weights_digest: Annotated[str | None, Field(description="sha256 over the weights")]
    missing: Annotated[tuple[str, ...], Field(description="what is not on record")]


def read_lineage(
    version: ModelVersion, run: RunEntity | None, task: TrainingTask | None, create_time: datetime
) -> Lineage:
    """The lineage of a version.

    Args:
        version: with its tags.
        run: that made it; None: it was deleted.
        task: that the run was asked for; None: it is not on record.
        create_time: of the version.
    """
    tags = {**(run.data.tags if run else {}), **version.tags}
    parameters = dict(run.data.params) if run else {}
    lineage = Lineage(
        registered_model=version.name,
        version=int(version.version),
        run_id=version.run_id or "",
        create_time=create_time,
        data=_data(tags, run, task),
        code=_code(tags),
        asked=_asked(tags, task),
        seed=_seed(parameters, task),
        parameters=parameters,
        weights_digest=tags.get(Tag.WEIGHTS_DIGEST),
        missing=(),
    )
    return lineage.model_copy(update={"missing": tuple(_missing(lineage, run))})


def read_task(text: str | None) -> TrainingTask | None:
    """The task of a run's tag; None when it is absent, cut, or of another version of the contract."""
    if not text:
        return None
    try:
        return TrainingTask.model_validate_json(text)
    except ValidationError:
        return None


def _data(tags: Mapping[str, str], run: RunEntity | None, task: TrainingTask | None) -> DataOrigin:
    inputs = run.inputs.dataset_inputs if run and run.inputs else []
    dataset = inputs[0].dataset if inputs else None
    source, profile = _json(dataset.source if dataset else None), _json(dataset.profile if dataset else None)
    return DataOrigin(
        uri=task.telemetry.uri if task else source.get("uri"),
        digest=tags.get(Tag.DATA_DIGEST),
        start=instant_in(tags.get(Tag.DATA_START)),
        end=instant_in(tags.get(Tag.DATA_END)),
        rows=profile.get("rows"),
        columns=tuple(source.get("columns", ())),
    )


def _code(tags: Mapping[str, str]) -> CodeOrigin:
    places = [name for name in sorted(tags) if name.startswith(_ENVIRONMENT)]
    return CodeOrigin(
        revision=tags.get(Tag.CODE_REVISION),
        image=tags.get(Tag.IMAGE),
        packages_digest=tags.get(Tag.PACKAGES_DIGEST),
        environment={name.removeprefix(_ENVIRONMENT): tags[name] for name in places},
    )


def _asked(tags: Mapping[str, str], task: TrainingTask | None) -> Asked:
    champion = tags.get(Tag.CHAMPION_VERSION, "")
    return Asked(
        sensor_model=tags.get(Tag.SENSOR_MODEL),
        trigger=tags.get(Tag.TRIGGER),
        message=task.trigger.message if task else None,
        decision_id=tags.get(Tag.DECISION_ID),
        job_name=job_name(task.sensor_model.name, task.decision_id, task.attempt) if task else None,
        job_uid=tags.get(Tag.JOB_UID),
        attempt=task.attempt if task else None,
        champion_version=int(champion) if champion.isdecimal() else None,
    )


def _seed(parameters: Mapping[str, str], task: TrainingTask | None) -> int | None:
    if task is not None:
        return task.seed
    return int(parameters["seed"]) if parameters.get("seed", "").isdecimal() else None


def _missing(lineage: Lineage, run: RunEntity | None) -> list[str]:
    told = {
        "the run, which was deleted": run,
        "the digest of the data": lineage.data.digest,
        "the window of the data": lineage.data.start and lineage.data.end,
        "the git commit of the code": lineage.code.revision,
        "the image": lineage.code.image,
        "the parameters": lineage.parameters or None,
        "the seed": lineage.seed,
        "the trigger": lineage.asked.trigger,
        "the Job": lineage.asked.job_uid,
        "the digest of the weights": lineage.weights_digest,
    }
    return [name for name, value in told.items() if value is None]


def _json(text: str | None) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
