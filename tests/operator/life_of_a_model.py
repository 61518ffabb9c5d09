"""What must be true of a model whatever became of the operators that trained and promoted it."""

import json
from typing import NamedTuple

from mlflow import MlflowClient

from model_contract.keys import ANNOTATION_DECISION, LABEL_MODEL, Tag
from tests.operator.operator_process import Plant


class Life(NamedTuple):
    """All that must be equal, in Kubernetes and in MLflow."""

    decisions: int  # different ones that Jobs were made for
    jobs: int
    jobs_with_version: int
    stages: list[str]  # of the versions, in their order
    moves: list[list[str]]
    aliases: dict[str, int]
    production: int | None  # as the status has it

    @classmethod
    def after(cls, trainings: int) -> "Life":
        """The life of a model that was trained so often and was better each time."""
        old = trainings - 1
        return cls(
            decisions=trainings,
            jobs=trainings,
            jobs_with_version=trainings,
            stages=["Archived"] * old + ["Production"],
            moves=[["Staging", "Production", "Archived"]] * old + [["Staging", "Production"]],
            aliases={"production": trainings},
            production=trainings,
        )

    @classmethod
    def of(cls, plant: Plant, mlflow_url: str, name: str) -> "Life":
        """The life that a SensorModel has had."""
        client, model = MlflowClient(mlflow_url, mlflow_url), registered(name)
        listed = plant.kubectl("get", "jobs", "-l", f"{LABEL_MODEL}={name}", "-o", "json")
        jobs = [job["metadata"] for job in json.loads(listed)["items"]]
        versions = sorted(client.search_model_versions(f"name = '{model}'"), key=lambda version: int(version.version))
        return cls(
            decisions=len({job["annotations"][ANNOTATION_DECISION] for job in jobs}),
            jobs=len(jobs),
            jobs_with_version=len({job["uid"] for job in jobs} & {version.tags[Tag.JOB_UID] for version in versions}),
            stages=[version.tags[Tag.STAGE] for version in versions],
            moves=[[move["to"] for move in json.loads(version.tags[Tag.STAGE_MOVES])] for version in versions],
            aliases={alias: int(number) for alias, number in client.get_registered_model(model).aliases.items()},
            production=plant.production(name),
        )


def registered(name: str) -> str:
    """The registered model of a SensorModel."""
    return f"telemanom_{name.upper()}"
