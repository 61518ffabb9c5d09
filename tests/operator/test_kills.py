"""Three replicas that are killed at random while models are trained and promoted (F37).

The variables KILL_SEED and KILL_ROUNDS choose other accidents, and more of them.
"""

import os
import signal
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import pytest

from localcluster.mlflow_server import MlflowServer
from tests.operator.lease_history import History
from tests.operator.life_of_a_model import Life
from tests.operator.operator_process import Plant, eventually
from tests.operator.replicas import Replicas
from tests.operator.test_operator import policy, sensor_model

NAMES: Final = ("a", "b", "c")
MODELS: Final = ("killed-1", "killed-2")
POLICY: Final = {"checkInterval": "1s", "cooldown": "0s", "triggers": {"drift": {"enabled": False}}}
WRITES: Final = 8  # that each training of a model takes at least, its promotion included


@pytest.mark.parametrize("seed", [int(os.environ.get("KILL_SEED", "5"))])
def test_whoever_is_killed_each_training_happens_once_and_only_the_leader_writes(
    working_plant: Plant, mlflow: MlflowServer, tmp_path: Path, seed: int
) -> None:
    plant, random, rounds = working_plant, Random(seed), int(os.environ.get("KILL_ROUNDS", "4"))  # noqa: S311 - to be repeated
    with Replicas(plant, mlflow.url, tmp_path) as replicas:
        history = replicas.history
        for name in NAMES:
            replicas.start(name, wait=False)
        leader = replicas.leader()
        plant.apply(policy() | {"spec": POLICY}, *map(sensor_model, MODELS))
        for trainings in range(1, rounds + 1):
            moment = len(history.effects()) + random.randrange(len(MODELS) * WRITES)
            victim = random.choice([leader, leader, *NAMES])
            number = random.choice([signal.SIGKILL, signal.SIGTERM])
            if trainings > 1:
                request = f"sensormodel.io/retrain-requested-at={trainings}"
                plant.kubectl("annotate", "--overwrite", "sensormodels", *MODELS, request)
            eventually(partial(has_written, history, moment), expected=True)
            replicas[victim].send(number)
            replicas[victim].wait()
            replicas.start(victim, wait=False)
            for model in MODELS:
                eventually(partial(plant.production, model), trainings)
            leader = replicas.leader()
        for model in MODELS:
            eventually(partial(plant.condition, model, "Ready"), ("True", "UpToDate"))
        for name in NAMES:
            eventually(partial(replicas[name].ask, "health", "/readyz"), (200, "ok"))
        assert replicas.leading() == [leader]
        assert [Life.of(plant, mlflow.url, model) for model in MODELS] == [Life.after(trainings=rounds)] * len(MODELS)
        assert history.trespasses() == []
        reigns = [transitions for writer, transitions in history.hands() if writer]
        assert reigns == list(range(len(reigns)))
        assert replicas.transitions() == reigns[-1]


def has_written(history: History, count: int) -> bool:
    """Whether so many writes were done."""
    return len(history.effects()) >= count
