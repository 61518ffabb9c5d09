"""Recorded versions: read from a real MLflow server, and placed in the time of their telemetry."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from kubectl_sensormodel.errors import PluginError
from kubectl_sensormodel.plan.versions import MlflowRecord, in_data_time
from localcluster.mlflow_server import MlflowServer
from model_contract.drift import DriftProfile, build_profile
from model_contract.keys import ARTIFACT_DRIFT_PROFILE, Tag
from model_contract.task import TriggerKind
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.observed import RegisteredModel
from model_operator.core.stages import ALIAS
from model_operator.gateways.registry_reading import moves_tag
from tests.builders import version
from tests.gateways.mlflow_objects import register_version
from tests.plugin.plan.sensors import BEGIN, ROWS, WINDOW, Values, stepped
from tests.plugin.plan.test_plan import WINDOWS, Desk, only_drift
from tests.plugin.program import Program

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAME = "telemanom_P-1"


@pytest.mark.parametrize(
    ("data_end", "created"),
    [
        pytest.param(NOW - timedelta(hours=1), NOW, id="one that was trained on a live feed stays where it is"),
        pytest.param(None, NOW, id="one that does not say what it was trained on stays where it is"),
        pytest.param(
            NOW - timedelta(days=400),
            NOW - timedelta(days=400) + timedelta(minutes=20),
            id="one that was trained on a recording comes a training after its newest row",
        ),
    ],
)
def test_a_version_is_placed_where_the_time_of_its_telemetry_has_it(
    data_end: datetime | None, created: datetime
) -> None:
    made = version(1, create_time=NOW, data_end=data_end, moves=(promoted(NOW + timedelta(minutes=1)),))
    model = RegisteredModel(name=NAME, versions=(made,))
    (placed,) = in_data_time(model, RetrainingPolicySpec(), timedelta(minutes=20)).versions
    assert (placed.create_time, placed.moves[0].time) == (created, created + timedelta(minutes=1))


def test_an_mlflow_that_does_not_answer_is_told_with_what_to_do() -> None:
    with pytest.raises(PluginError) as told:
        MlflowRecord("http://127.0.0.1:9").read(NAME)
    assert "MLflow at http://127.0.0.1:9" in told.value.message
    assert "--mlflow" in told.value.remedy


def test_versions_of_mlflow_are_where_a_replay_begins(
    mlflow_server: MlflowServer, tmp_path: Path, program: Program
) -> None:
    values = stepped(WINDOWS, 16.3)
    register(mlflow_server.url, values, windows=8, trigger=TriggerKind.INITIAL, folder=tmp_path)
    register(mlflow_server.url, values, windows=20, trigger=TriggerKind.DRIFT, folder=tmp_path)
    own(mlflow_server.url, "plant/p-1")
    desk = Desk(tmp_path, program)
    desk.sensor("p-1", values)
    desk.present(**only_drift())
    answer = desk.plan(only_drift(), "--since", "120h", "--mlflow", mlflow_server.url, "-o", "json")
    assert answer.code == 0, answer.err
    made = answer.json
    outcomes = {outcome["policy"]: outcome for outcome in made["outcomes"]}
    assert made["models"][0]["recordedVersions"] == 1
    assert [(one["trigger"], one["version"]) for one in outcomes["policy.yaml"]["started"]] == [("Drift", 2)]
    assert outcomes["recorded"]["byTrigger"] == {"Drift": 1}
    assert "of the 1 trainings that are recorded" in " ".join(made["assumptions"])
    own(mlflow_server.url, "elsewhere/p-1")
    foreign = desk.plan(only_drift(), "--since", "120h", "--mlflow", mlflow_server.url, "-o", "json").json
    assert foreign["assumptions"][0].startswith(
        "Nothing is decided for plant/p-1: registered model telemanom_P-1 belongs"
    )


def own(uri: str, owner: str) -> None:
    """A SensorModel claims the registered model."""
    client = MlflowClient(uri, uri)
    client.set_registered_model_tag(NAME, Tag.OWNER.value, owner)
    client.set_registered_model_tag(NAME, Tag.OWNER_UID.value, "uid-of-the-cluster")


def register(uri: str, values: Values, *, windows: int, trigger: TriggerKind, folder: Path) -> None:
    """A version that was trained on the first windows of the telemetry and became Production at once."""
    client = MlflowClient(uri, uri)
    end = BEGIN + windows * WINDOW
    profile = profile_of(values[: windows * ROWS], end)
    now = datetime.now(UTC)
    tags = {
        Tag.COMPLETE: "true",
        Tag.JOB_UID: f"job-{windows}",
        Tag.DECISION_ID: f"decision-{windows}",
        Tag.DATA_END: end.isoformat(),
        Tag.DRIFT_PROFILE_DIGEST: profile.digest,
        Tag.TRIGGER: trigger.value,
        Tag.STAGE: Stage.PRODUCTION.value,
        Tag.STAGE_MOVES: moves_tag((promoted(now),)),
    }
    made = register_version(client, NAME, tags, {})
    client.set_registered_model_alias(NAME, ALIAS[Stage.PRODUCTION], made.version)
    file = folder / Path(ARTIFACT_DRIFT_PROFILE).name
    file.write_bytes(profile.to_bytes())
    client.log_artifact(made.run_id, str(file), str(Path(ARTIFACT_DRIFT_PROFILE).parent))


def profile_of(values: Values, end: datetime) -> DriftProfile:
    newest: Values = np.asarray(values[-7 * ROWS :])
    return build_profile(
        newest[:, None],
        channels=("value",),
        window_rows=ROWS,
        sampling_seconds=60.0,
        start=end - len(newest) * timedelta(minutes=1),
        end=end,
        data_digest="0" * 64,
    )


def promoted(time: datetime) -> StageMove:
    return StageMove(
        version=1,
        from_stage=Stage.NONE,
        to_stage=Stage.PRODUCTION,
        time=time,
        by=MovedBy.POLICY,
        reason=Reason.PROMOTED,
        message="better",
    )
